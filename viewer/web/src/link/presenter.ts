/**
 * When what was drawn is shown, as well as a worker can know: the browser takes a canvas' pixels when it
 * begins its next frame.
 */

import type { TrackId, UpdateId } from "../protocol/types";

/** A picture that was drawn so long before, in microseconds, was not shown at once: nobody looked. */
const UNSEEN = 250_000;

/** Notes what was drawn until it is shown. */
export class Presenter {
  private readonly unshown = new Map<TrackId, { id: UpdateId; at: number }>();
  private asked = false;

  /** `shown` hears of the newest update of each track. */
  constructor(private readonly shown: (now: number, track: TrackId, id: UpdateId) => void) {}

  /** An update was drawn; `then` runs after it was reported as shown. */
  drawn(now: number, track: TrackId, id: UpdateId, then: () => void): void {
    this.unshown.set(track, { id, at: now });
    if (this.asked) return;
    this.asked = true;
    requestAnimationFrame(() => {
      this.asked = false;
      this.present(Math.floor(performance.now() * 1000));
      then();
    });
  }

  /** A track is gone. */
  forget(track: TrackId): void {
    this.unshown.delete(track);
  }

  /** A new connection: numbers begin anew. */
  clear(): void {
    this.unshown.clear();
  }

  private present(now: number): void {
    for (const [track, { id, at }] of this.unshown) if (now - at < UNSEEN) this.shown(now, track, id);
    this.unshown.clear();
  }
}
