/** Which window has the keyboard, and which is on top of which. */

import type { TrackId } from "../../protocol/types";
import type { Desk } from "./desk";
import type { View } from "../window/view";

/** What of the desk keeps the keyboard when a window opens by itself. */
const DESKS_OWN = ".start, .menu, .sheet, .panel, .switcher";

export class Focus {
  active: TrackId | null = null;
  /** The toplevels by use, the last used first. */
  recent: TrackId[] = [];

  constructor(private readonly desk: Desk) {}

  /** A window is gone for good: the one it belonged to gets the keyboard, or the one used before. */
  forget(track: TrackId, owner: TrackId | null): void {
    this.recent = this.recent.filter((other) => other !== track);
    if (this.active !== track) return;
    const heir = owner === null ? undefined : this.desk.views.get(owner);
    this.activate(heir !== undefined && !heir.minimised ? heir.track : this.successor());
  }

  /** Gives a window the keyboard and puts it on top; null: none. `gently`: not while the user is in a menu of the desk. */
  activate(track: TrackId | null, gently = false): void {
    const wanted = track === null ? null : (this.desk.tree.blockedBy(track) ?? track);
    if (wanted !== track && wanted !== null) this.desk.manager.point(wanted);
    const view = wanted === null ? undefined : this.desk.views.get(wanted);
    const before = this.active;
    this.active = view?.track ?? null;
    if (view !== undefined) {
      if (view.minimised) this.desk.manager.bringBack(view);
      view.rang = false;
      this.recent = [view.track, ...this.recent.filter((other) => other !== view.track)];
      this.raise(view.track);
    }
    for (const other of this.desk.views.values()) {
      const active = other.track === this.active;
      if (active || other.track === before) other.describe(active);
    }
    if (!gently || document.activeElement?.closest(DESKS_OWN) == null) this.giveKeyboard(view);
    if (this.desk.screen.compact) this.desk.visibility.settle();
    this.desk.options.changed();
  }

  /** Gives the keyboard to the active window again, after a menu had it. */
  refocus(): void {
    const view = this.active === null ? undefined : this.desk.views.get(this.active);
    if (view !== undefined) this.giveKeyboard(view);
  }

  private giveKeyboard(view: View | undefined): void {
    if (view === undefined) return this.desk.inputs.main.focus(null);
    const owner = view.picture.canvas.ownerDocument;
    // A document that does not have the focus cannot take the keyboard; its turn comes with the focus.
    if (owner.hasFocus() || owner === document) this.desk.inputs.of(owner).focus(view.track);
  }

  /** Raises at once; the host's word on stacking follows. */
  private raise(track: TrackId): void {
    const window = this.desk.tree.get(track);
    if (window === undefined) return;
    const top = Math.max(0, ...this.desk.tree.all().map(({ stacking }) => stacking));
    if (window.stacking < top) this.desk.tree.set({ ...window, stacking: top + 1 });
    this.restack();
  }

  /** Puts all windows in their order. */
  restack(): void {
    this.desk.tree.stacked().forEach((track, index) => {
      const view = this.desk.views.get(track);
      if (view !== undefined) view.group.style.zIndex = String(index + 1);
    });
    this.desk.visibility.settle();
  }

  /** Who gets the keyboard when the active window goes: the one used before it. */
  successor(): TrackId | null {
    const there = (track: TrackId) => {
      const view = this.desk.views.get(track);
      return (
        view !== undefined &&
        !view.minimised &&
        view.home === "desk" &&
        view.normal !== null &&
        !this.desk.excluded(view)
      );
    };
    return [...this.recent, ...this.desk.tree.stacked().reverse()].find(there) ?? null;
  }
}
