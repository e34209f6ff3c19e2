/** One track: its updates become pixels in their order, though its videos are decoded aside. */

import type { Update } from "../protocol/types";
import { Malformed } from "./malformed";
import { type Picture, validate, videosOf } from "./picture";
import type { VideoPicture, VideoSource } from "./video";

/** Who hears what became of updates. */
export interface TrackEvents {
  /**
   * It is in the canvas. `arrived` is when the last of its videos had come, if they came beside it; else
   * null.
   */
  applied(update: Update, arrived: number | null): void;
  /** It could not be applied: only a new link makes this track whole again. Nothing follows. */
  broken(reason: string): void;
  /** It breaks a rule: no honest host sends it. Nothing follows. */
  malformed(reason: string): void;
}

/** An update with the pictures of its videos, which may still be on their way. */
interface Waiting {
  update: Update;
  videos: Promise<VideoPicture[]>;
}

/** A viewer's copy of one track over one connection. */
export class Track {
  private readonly waiting: Waiting[] = [];
  private over = false;

  /** Draws into `picture`, where an earlier connection's pixels may be until the first update is drawn. */
  constructor(
    private readonly picture: Picture,
    private readonly video: VideoSource,
    private readonly events: TrackEvents,
  ) {}

  /**
   * Applies an update: at once if nothing is in its way, so that text never waits for a turn of the event
   * loop.
   */
  apply(update: Update): void {
    if (this.over) return;
    try {
      validate(update);
    } catch (error) {
      return this.refuse(error);
    }
    const ops = videosOf(update);
    if (ops.length === 0 && this.waiting.length === 0) return this.draw(update, []);
    // Decoders begin now; drawing keeps the order.
    const videos = all(ops.map((op) => this.video.picture(update.id, op)));
    // Whoever awaits it hears of a failure; until then it is not unhandled.
    videos.catch(() => {});
    this.waiting.push({ update, videos });
    if (this.waiting.length === 1) void this.work();
  }

  /** The connection is over, or the track is gone. The picture stays. */
  close(): void {
    this.over = true;
    this.video.close();
  }

  private async work(): Promise<void> {
    for (let next = this.waiting[0]; next !== undefined; next = this.waiting[0]) {
      try {
        const videos = await next.videos;
        if (this.over) for (const video of videos) video.close();
        else this.draw(next.update, videos);
      } catch (error) {
        this.break(error);
      }
      this.waiting.shift();
    }
  }

  private draw(update: Update, videos: VideoPicture[]): void {
    try {
      this.picture.apply(update, videos);
    } catch (error) {
      return this.refuse(error);
    }
    this.events.applied(update, lastArrival(videos));
  }

  /** What was not drawn breaks a rule, or the browser has failed. */
  private refuse(error: unknown): void {
    if (!(error instanceof Malformed)) return this.break(error);
    if (this.over) return;
    this.close();
    this.events.malformed(error.message);
  }

  /** A video that was not decoded may be the decoder's fault. */
  private break(error: unknown): void {
    if (this.over) return;
    this.close();
    const reason = error instanceof Malformed ? error.message : String(error);
    this.events.broken(`an update cannot be applied: ${reason}`);
  }
}

function lastArrival(videos: VideoPicture[]): number | null {
  const times = videos.flatMap(({ arrived }) => arrived ?? []);
  return times.length > 0 ? Math.max(...times) : null;
}

/** All of them, or the first failure; then those that come nevertheless are closed. */
async function all(pictures: Promise<VideoPicture>[]): Promise<VideoPicture[]> {
  try {
    return await Promise.all(pictures);
  } catch (error) {
    for (const picture of pictures) {
      picture.then(
        (late) => late.close(),
        () => {},
      );
    }
    throw error;
  }
}
