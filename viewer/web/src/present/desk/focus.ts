/** Which window has the keyboard and which is on top of which, as the page shows it. */

import type { TrackId } from "../../protocol/types";
import type { Windows } from "../model/windows";
import type { View } from "../window/view";

/** Parts of the page that keep the keyboard when a window opens by itself. */
const KEEPS_KEYBOARD = ".start, .menu, .sheet, .panel, .switcher, .unresponsive";

export interface FocusHost {
  /** Gives the window's app the keyboard of the document that shows it; null takes the page's away. */
  keyboard(view: View | null): void;
  /** A modal dialog blocks the window that the user turned to. */
  point(view: View): void;
  /** Whether small screens show one window with its dialogs at a time. */
  compact(): boolean;
  /** Windows were minimised or are shown again. */
  minimised(views: readonly View[]): void;
  /** Windows may be seen that could not be seen before, or the other way round. */
  settle(): void;
  changed(): void;
}

export class Focus {
  constructor(
    private readonly windows: Windows<View>,
    private readonly host: FocusHost,
  ) {}

  /**
   * Gives a window the keyboard and puts it on top; null: none. `gently`: not while the user is in a menu of
   * the page.
   */
  activate(track: TrackId | null, gently = false): void {
    const { active, changed, restored, blocking } = this.windows.activate(track);
    if (blocking !== undefined) this.host.point(blocking);
    if (restored.length > 0) this.host.minimised(restored);
    if (active !== undefined) this.restack();
    for (const view of changed) view.describe(view === active);
    if (!gently || !isPageUsed()) this.giveKeyboard(active);
    if (this.host.compact()) this.host.settle();
    this.host.changed();
  }

  /**
   * Gives the keyboard to the active window again, after a part of the page had it; not if another part has
   * it by now: browsers tell late that a dialog was closed.
   */
  refocus(): void {
    if (isPageUsed()) return;
    const view = this.windows.activeWindow;
    if (view !== undefined) this.giveKeyboard(view);
  }

  /** Puts all windows in their order. */
  restack(): void {
    this.windows.stacked().forEach((view, index) => (view.group.style.zIndex = String(index + 1)));
    this.host.settle();
  }

  private giveKeyboard(view: View | undefined): void {
    if (view === undefined) return this.host.keyboard(null);
    const owner = view.picture.canvas.ownerDocument;
    // A document that does not have the focus cannot take the keyboard; its turn comes with the focus.
    if (owner.hasFocus() || owner === document) this.host.keyboard(view);
  }
}

/** Whether a part of the page that is shown has the keyboard. */
function isPageUsed(): boolean {
  const part = document.activeElement?.closest<HTMLElement>(KEEPS_KEYBOARD);
  return part != null && !part.hidden;
}
