/** Which windows can be seen: what nobody sees costs the host nothing, and small screens show one family of windows at a time. */

import type { TrackId } from "../../protocol/types";
import type { Desk } from "./desk";

/** Deeper nesting of dialogs than this is taken for a circle. */
const MAX_DEPTH = 32;

export class Visibility {
  /** What the host was told that cannot be seen. */
  private readonly hidden = new Set<TrackId>();

  constructor(private readonly desk: Desk) {
    document.addEventListener("visibilitychange", () => this.settle());
  }

  /** A host was met anew: it knows nothing yet. */
  begin(): void {
    this.hidden.clear();
    this.settle();
  }

  forget(track: TrackId): void {
    this.hidden.delete(track);
  }

  /** Shows and hides windows, and tells the host what is news to it. */
  settle(): void {
    const { desk } = this;
    const away = document.visibilityState === "hidden";
    const front = this.front();
    for (const view of desk.views.values()) {
      if (view.normal === null) continue;
      const inFront = front === null || front.has(view.track);
      const shown = !view.minimised && !desk.excluded(view) && inFront;
      const here = view.home === "desk";
      view.group.hidden = view.home === "popped-out" || (here && !shown);
      const visible = here ? shown && !away : !desk.popOuts.isHidden(view);
      this.tell(view.track, visible);
      for (const popup of desk.tree.popupsOf(view.track)) this.tell(popup.track, visible);
    }
  }

  /** On small screens: the family that is in front. Null where windows stand beside each other. */
  private front(): Set<TrackId> | null {
    const { desk } = this;
    if (!desk.screen.compact) return null;
    const track = desk.active ?? desk.focus.successor();
    if (track === null) return new Set();
    let root = track;
    for (let depth = 0; depth < MAX_DEPTH; depth++) root = desk.tree.owner(root) ?? root;
    return new Set([root, ...desk.tree.dependants(root)]);
  }

  private tell(track: TrackId, visible: boolean): void {
    if (this.hidden.has(track) === !visible) return;
    if (visible) this.hidden.delete(track);
    else this.hidden.add(track);
    this.desk.options.send({ do: "visible", track, visible });
  }
}
