/** The soft keyboard of a phone, which comes and goes with the field that has the focus. */

import type { TextField } from "./text";

/** A page that the keyboard leaves less of than this is covered by it. */
const COVERED = 0.8;

export class SoftKeyboard {
  /** `changed` is told whenever it was opened or closed, also by the user. */
  constructor(
    private readonly field: TextField,
    private readonly changed: (shown: boolean) => void,
  ) {}

  get shown(): boolean {
    return this.field.soft;
  }

  /** Opens or closes it; opening only works in a click. */
  show(shown: boolean): void {
    this.field.soft = shown;
    this.changed(shown);
  }

  /** Users close soft keyboards by buttons of their own, which tell nobody. */
  watch(window: Window | null, signal: AbortSignal): void {
    const viewport = window?.visualViewport;
    let covered = false;
    viewport?.addEventListener(
      "resize",
      () => {
        const before = covered;
        covered = viewport.height * viewport.scale < (window?.innerHeight ?? 0) * COVERED;
        if (before && !covered && this.shown) this.show(false);
      },
      { signal },
    );
  }
}
