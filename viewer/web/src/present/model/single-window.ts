/** Single-window mode, for embedding: of all windows the page shows one, its dialogs, and nothing else. */

import type { Window } from "../../protocol/types";
import type { WindowTree } from "./window-tree";

/** Deeper nesting of dialogs than this is taken for a circle. */
const MAX_DEPTH = 32;

export class SingleWindow {
  constructor(
    /** An app's id, or a track's number; null: all windows are shown. */
    private readonly wanted: string | null,
    private readonly tree: WindowTree,
  ) {}

  /** Whether a window is left out: it is neither the wanted one nor a dialog of it. */
  excludes(window: Window): boolean {
    if (this.wanted === null) return false;
    let one: Window | undefined = window;
    for (let depth = 0; one !== undefined && depth < MAX_DEPTH; depth++) {
      if (this.isWanted(one)) return false;
      const owner = this.tree.owner(one.track);
      one = owner === null ? undefined : this.tree.get(owner);
    }
    return true;
  }

  /** Whether a window fills the page: its dialogs stand before it as ever. */
  fills(window: Window): boolean {
    return this.isWanted(window) && window.parent === null;
  }

  private isWanted({ app_id, track }: Window): boolean {
    return this.wanted !== null && (this.wanted === app_id || this.wanted === String(track));
  }
}
