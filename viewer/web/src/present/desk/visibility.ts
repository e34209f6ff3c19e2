/** Which windows can be seen: hosts send no pictures of the others. */

import { sessionOf, type SessionId } from "../../page/window-key";
import type { TrackId } from "../../protocol/types";
import { covered } from "../model/coverage";
import type { Windows } from "../model/windows";
import type { View } from "../window/view";

export interface VisibilityHost {
  /** Whether small screens show one window with its dialogs at a time. */
  compact(): boolean;
  /** Whether the browser window that a view was moved to cannot be seen. */
  isHiddenOutside(view: View): boolean;
  tell(track: TrackId, visible: boolean): void;
}

/**
 * How long a window must have been covered before the host is told, in milliseconds: while windows are
 * dragged many are.
 */
const PASSING = 1000;

export class Visibility {
  /** The tracks that the host was told cannot be seen. */
  private readonly hidden = new Set<TrackId>();
  /** Since when windows lie under others, as `performance.now()` has it. */
  private since = new Map<TrackId, number>();
  /** Those that are looked at in small, whatever hides them. */
  private watched: ReadonlySet<TrackId> = new Set();
  private later: ReturnType<typeof setTimeout> | undefined;

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
    this.settle();
  }

  /** These are looked at in small from now on. */
  watch(tracks: ReadonlySet<TrackId>): void {
    this.watched = tracks;
    this.settle();
  }

  /** A window moved or changed its size: it may cover others, or no longer. */
  moved(): void {
    if (this.windows.all().length > 1) this.settle();
  }

  /** Shows and hides windows, and tells the host what is new to it. */
  settle(): void {
    const away = document.visibilityState === "hidden";
    const onDesk = this.windows.shownOnDesk(this.host.compact());
    const below = this.lasting(
      covered(this.windows.stacked().filter((view) => onDesk.has(view) && view.home === "desk")),
    );
    for (const view of this.windows.all()) {
      if (!view.opened) continue;
      const shown = onDesk.has(view);
      const here = view.home === "desk";
      view.group.hidden = view.home === "popped-out" || (here && !shown);
      const watched = this.watched.has(view.track) && !away;
      const visible = here ? shown && !away : !this.host.isHiddenOutside(view);
      const popups = this.windows.tree.popupsOf(view.track);
      // Menus reach out of their windows.
      this.tell(view.track, watched || (visible && (popups.length > 0 || !below.has(view.track))));
      for (const popup of popups) this.tell(popup.track, visible);
    }
  }

  /** Those that have been covered for a while; the others' turn comes. */
  private lasting(below: Set<TrackId>): Set<TrackId> {
    const now = performance.now();
    this.since = new Map([...below].map((track) => [track, this.since.get(track) ?? now]));
    clearTimeout(this.later);
    const waits = [...this.since.values()].map((since) => since + PASSING - now).filter((wait) => wait > 0);
    if (waits.length > 0) this.later = setTimeout(() => this.settle(), Math.min(...waits) + 1);
    return new Set([...below].filter((track) => this.since.get(track)! + PASSING <= now));
  }

  private tell(track: TrackId, visible: boolean): void {
    if (this.hidden.has(track) === !visible) return;
    if (visible) this.hidden.delete(track);
    else this.hidden.add(track);
    this.host.tell(track, visible);
  }
}
