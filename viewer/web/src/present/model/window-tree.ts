/** Which window belongs to which. What a host says about parents is not trusted to be free of circles. */

import type { Point, TrackId, Window } from "../../protocol/types";

/** Deeper nesting than this is taken for a circle. */
const MAX_DEPTH = 32;

export class WindowTree {
  private readonly windows = new Map<TrackId, Window>();

  set(window: Window): void {
    this.windows.set(window.track, window);
  }

  remove(track: TrackId): void {
    this.windows.delete(track);
  }

  get(track: TrackId): Window | undefined {
    return this.windows.get(track);
  }

  all(): Window[] {
    return [...this.windows.values()];
  }

  popups(): Window[] {
    return this.all().filter((window) => window.kind === "popup");
  }

  /** The toplevel to which a window belongs, and where the window is in it, in logical units. */
  place(track: TrackId): { root: TrackId; at: Point } {
    let root = track;
    const at = { x: 0, y: 0 };
    for (let depth = 0; depth < MAX_DEPTH; depth++) {
      const window = this.windows.get(root);
      if (window?.kind !== "popup" || window.parent === null) break;
      at.x += window.position.x;
      at.y += window.position.y;
      root = window.parent;
    }
    return { root, at };
  }

  /** The toplevel to which a window belongs: itself unless it is a popup. */
  root(track: TrackId): TrackId {
    return this.place(track).root;
  }

  popupsOf(root: TrackId): Window[] {
    return this.popups().filter((popup) => this.root(popup.track) === root);
  }

  /** The toplevel that a dialog belongs to, if that is there. */
  owner(track: TrackId): TrackId | null {
    const parent = this.windows.get(track)?.parent ?? null;
    if (parent === null) return null;
    const owner = this.root(parent);
    return owner !== track && this.windows.get(owner)?.kind === "toplevel" ? owner : null;
  }

  /** The toplevels that a dialog belongs to, the nearest first; cut off where they go in a circle. */
  owners(track: TrackId): TrackId[] {
    const owners: TrackId[] = [];
    let owner = this.owner(track);
    while (owner !== null && owner !== track && !owners.includes(owner)) {
      owners.push(owner);
      owner = this.owner(owner);
    }
    return owners;
  }

  /** Dialogs of a toplevel and theirs, in no order. */
  dependants(track: TrackId): TrackId[] {
    const found = new Set<TrackId>([track]);
    const toplevels = this.all().filter((window) => window.kind === "toplevel");
    for (let before = 0; before < found.size;) {
      before = found.size;
      for (const { track } of toplevels) {
        const owner = this.owner(track);
        if (owner !== null && found.has(owner)) found.add(track);
      }
    }
    found.delete(track);
    return [...found];
  }

  /** The topmost modal dialog that keeps a toplevel from being used, or null. */
  blockedBy(track: TrackId): TrackId | null {
    const modal = this.dependants(track)
      .map((dependant) => this.windows.get(dependant))
      .filter((window) => window?.states.modal === true);
    return modal.sort((a, b) => b!.stacking - a!.stacking)[0]?.track ?? null;
  }

  /**
   * All toplevels, the lowest first. Dialogs stand above what they belong to, and a family stands together.
   */
  stacked(): TrackId[] {
    const toplevels = this.all().filter((window) => window.kind === "toplevel");
    const height = new Map<TrackId, number>();
    for (const { track, stacking } of toplevels) {
      const family = this.dependants(track).map((dependant) => this.windows.get(dependant)?.stacking ?? 0);
      height.set(track, Math.max(stacking, ...family));
    }
    toplevels.sort((a, b) => height.get(a.track)! - height.get(b.track)! || a.stacking - b.stacking);
    const order = new Set<TrackId>();
    const add = (track: TrackId): void => {
      if (order.has(track)) return;
      order.add(track);
      for (const other of toplevels) if (this.owner(other.track) === track) add(other.track);
    };
    for (const { track } of toplevels) if (this.owner(track) === null) add(track);
    // What is left stands in a circle.
    for (const { track } of toplevels) add(track);
    return [...order];
  }
}
