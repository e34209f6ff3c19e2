/** The page numbers its wishes itself, and so does the viewer core: from the one to the other. */

import type { TrackId } from "../protocol/types";

/** So many unanswered wishes of a window are remembered; the oldest goes first. */
const MAX_OPEN = 64;

/** Which serial of the core stands for which of the page. */
export class Serials {
  private readonly open = new Map<TrackId, { core: number; page: number }[]>();

  /** A wish was passed on. */
  asked(track: TrackId, core: number, page: number): void {
    const open = this.open.get(track) ?? [];
    this.open.set(track, open);
    if (open.length >= MAX_OPEN) open.shift();
    open.push({ core, page });
  }

  /** The page's serial that a window's state answers, 0 before the first. */
  answered(track: TrackId, core: number): number {
    const open = this.open.get(track) ?? [];
    // The newest answered stays, to be named again by later states.
    while (open[1] !== undefined && open[1].core <= core) open.shift();
    const first = open[0];
    return first !== undefined && first.core <= core ? first.page : 0;
  }

  /** A window is gone. */
  forget(track: TrackId): void {
    this.open.delete(track);
  }
}
