/** Which windows can be seen: hosts send no pictures of the others. */

import { sessionOf, type SessionId } from "../../page/window-key";
import type { TrackId } from "../../protocol/types";
import type { Windows } from "../model/windows";
import type { View } from "../window/view";

export interface VisibilityHost {
  /** Whether small screens show one window with its dialogs at a time. */
  compact(): boolean;
  /** Whether the browser window that a view was moved to cannot be seen. */
  isHiddenOutside(view: View): boolean;
  tell(track: TrackId, visible: boolean): void;
}

export class Visibility {
  /** The tracks that the host was told cannot be seen. */
  private readonly hidden = new Set<TrackId>();

  constructor(
    private readonly windows: Windows<View>,
    private readonly host: VisibilityHost,
  ) {
    document.addEventListener("visibilitychange", () => this.settle());
  }

  /** There is a new link: the host knows nothing yet. */
  begin(session: SessionId): void {
    for (const track of this.hidden) if (sessionOf(track) === session) this.hidden.delete(track);
    this.settle();
  }

  forget(track: TrackId): void {
    this.hidden.delete(track);
  }

  /** Shows and hides windows, and tells the host what is new to it. */
  settle(): void {
    const away = document.visibilityState === "hidden";
    const onDesk = this.windows.shownOnDesk(this.host.compact());
    for (const view of this.windows.all()) {
      if (!view.opened) continue;
      const shown = onDesk.has(view);
      const here = view.home === "desk";
      view.group.hidden = view.home === "popped-out" || (here && !shown);
      const visible = here ? shown && !away : !this.host.isHiddenOutside(view);
      this.tell(view.track, visible);
      for (const popup of this.windows.tree.popupsOf(view.track)) this.tell(popup.track, visible);
    }
  }

  private tell(track: TrackId, visible: boolean): void {
    if (this.hidden.has(track) === !visible) return;
    if (visible) this.hidden.delete(track);
    else this.hidden.add(track);
    this.host.tell(track, visible);
  }
}
