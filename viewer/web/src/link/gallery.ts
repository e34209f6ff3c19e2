/**
 * The pictures of all tracks. They outlive connections: what was shown stays until something newer is drawn.
 */

import { Picture } from "../decode/picture";
import { Track } from "../decode/track";
import { DecodedVideo, type VideoSource } from "../decode/video";
import type { Zstd } from "../decode/zstd";
import type { Rect, Size, TrackId, Update } from "../protocol/types";

/** Who hears what became of updates. */
export interface GalleryEvents {
  /**
   * It is in the canvas. `arrived` is when the last of its videos had come, if they came beside it; else
   * null.
   */
  applied(update: Update, arrived: number | null): void;
  /** A track's copy is worth nothing any more: only a new link makes it whole. */
  broken(reason: string): void;
  /** An update breaks a rule. */
  malformed(reason: string): void;
  /** A track needs a canvas that shows translucent pixels. */
  translucent(track: TrackId): void;
  /** A track's picture changed its size or its exactness. */
  changed(track: TrackId, size: Size, exact: boolean): void;
}

/** One track's picture, and what of it the page knows. */
interface Entry {
  picture: Picture;
  /** Of this connection, once something came. */
  track: Track | null;
  known: { size: Size; exact: boolean } | null;
}

/** All of them. */
export class Gallery {
  private readonly entries = new Map<TrackId, Entry>();
  private video: (track: TrackId) => VideoSource = () => new DecodedVideo();

  constructor(
    private readonly zstd: Zstd,
    private readonly events: GalleryEvents,
  ) {}

  /**
   * A new connection begins: its updates stand on nothing before. `video` if it brings pictures of videos by
   * itself.
   */
  begin(video: ((track: TrackId) => VideoSource) | undefined): void {
    for (const entry of this.entries.values()) {
      entry.track?.close();
      entry.track = null;
    }
    this.video = video ?? (() => new DecodedVideo());
  }

  /** Applies an update, at once or once its videos are decoded. */
  apply(update: Update): void {
    const entry = this.entry(update.track);
    entry.track ??= new Track(entry.picture, this.video(update.track), {
      applied: (applied, arrived) => this.applied(entry, applied, arrived),
      broken: (reason) => this.events.broken(reason),
      malformed: (reason) => this.events.malformed(reason),
    });
    entry.track.apply(update);
  }

  /** Draws a track here from now on. `translucent` if pixels that are not opaque are expected. */
  moveTo(track: TrackId, canvas: OffscreenCanvas, translucent: boolean): void {
    this.entry(track).picture.moveTo(canvas, translucent);
  }

  /** A part of a track as straight R G B A; null if there is no such part. */
  pixels(track: TrackId, rect: Rect): Uint8Array | null {
    return this.entries.get(track)?.picture.pixels(rect) ?? null;
  }

  /** A track is gone. */
  forget(track: TrackId): void {
    const entry = this.entries.get(track);
    entry?.track?.close();
    entry?.picture.close();
    this.entries.delete(track);
  }

  private entry(track: TrackId): Entry {
    let entry = this.entries.get(track);
    if (entry === undefined) {
      const picture = new Picture(this.zstd, {
        lost: () => this.events.broken("the browser lost the pictures"),
        translucent: () => this.events.translucent(track),
      });
      this.entries.set(track, (entry = { picture, track: null, known: null }));
    }
    return entry;
  }

  private applied(entry: Entry, update: Update, arrived: number | null): void {
    const { size, exact } = update;
    const { known } = entry;
    if (known === null || known.size.w !== size.w || known.size.h !== size.h || known.exact !== exact) {
      entry.known = { size, exact };
      this.events.changed(update.track, size, exact);
    }
    this.events.applied(update, arrived);
  }
}
