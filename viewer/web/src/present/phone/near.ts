/**
 * Whether fingers use this page, by what there is to point with and by what pointed last; never by the size
 * of the screen, which says nothing of it: tablets are as large as desktops, and laptops have touch screens.
 */

/** What pointed last; null before anything did. A pen is used beside either. */
export type Used = "finger" | "mouse" | null;

/** `able`: some pointer here is as coarse as a finger. */
export function areNear(able: boolean, used: Used): boolean {
  return used === null ? able : used === "finger";
}

export class FingersNear {
  private readonly able = matchMedia("(any-pointer: coarse)");
  private used: Used = null;
  private told = false;

  /** `changed` is told when the answer has changed, and once at first. */
  constructor(private readonly changed: (near: boolean) => void) {
    this.able.addEventListener("change", () => this.settle());
    addEventListener("pointerdown", ({ pointerType }) => this.use(pointerType), { capture: true });
    this.told = !this.near;
    this.settle();
  }

  get near(): boolean {
    return areNear(this.able.matches, this.used);
  }

  private use(pointerType: string): void {
    if (pointerType === "touch") this.used = "finger";
    else if (pointerType === "mouse") this.used = "mouse";
    this.settle();
  }

  private settle(): void {
    const { near } = this;
    if (near === this.told) return;
    this.told = near;
    document.documentElement.classList.toggle("fingers", near);
    this.changed(near);
  }
}
