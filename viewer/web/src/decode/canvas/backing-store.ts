/**
 * A copy in memory of what a canvas shows, for moving pixels where the canvas itself lies in memory: drawing
 * such a canvas on itself copies all of it, each time. What changes here goes to the canvas when an update is
 * complete.
 *
 * Invariant between updates: canvas and memory are equal outside of `ahead`. There the canvas is newer, since
 * videos are drawn on it alone. Memory there is neither read nor written before it was read back, unless all
 * of it is replaced.
 */

import type { Point, Rect, Size } from "../../protocol/types";
import { Pixels } from "./pixels";
import { area, bounds, contains, touch } from "./rects";

type Context = OffscreenCanvasRenderingContext2D;

/** One rectangle is put instead of many while it is at most this many times as large as they are together. */
const SLACK = 1.5;

export class BackingStore {
  private readonly pixels: Pixels;
  /** Where the canvas is newer. */
  private ahead: Rect[] = [];
  /** Where the memory is newer. */
  private changed: Rect[] = [];

  /** Reads all of a canvas, which is not empty. */
  constructor(
    private readonly context: Context,
    size: Size,
  ) {
    this.pixels = new Pixels(size, context.getImageData(0, 0, size.w, size.h).data);
  }

  copy(from: Rect, to: Point): void {
    this.readBack(from);
    this.replace({ ...to, w: from.w, h: from.h });
    this.pixels.copy(from, to);
  }

  fill(rect: Rect, colour: number): void {
    this.replace(rect);
    this.pixels.fill(rect, colour);
  }

  put(rect: Rect, pixels: Uint32Array): void {
    this.replace(rect);
    this.pixels.put(rect, pixels);
  }

  /** A picture will be drawn on the canvas here: what came before it must be there first. */
  draws(rect: Rect): void {
    this.flush();
    this.ahead = this.ahead.filter((older) => !contains(rect, older));
    this.ahead.push(rect);
  }

  /** Brings the canvas up to date. */
  flush(): void {
    const { changed } = this;
    const bound = bounds(changed);
    if (bound === null) return;
    const sum = changed.reduce((sum, rect) => sum + area(rect), 0);
    const one = area(bound) <= SLACK * sum && !this.ahead.some((rect) => touch(rect, bound));
    for (const { x, y, w, h } of one ? [bound] : changed) {
      this.context.putImageData(this.pixels.image, 0, 0, x, y, w, h);
    }
    this.changed = [];
  }

  /** A rectangle of the memory gets new pixels. */
  private replace(rect: Rect): void {
    this.ahead = this.ahead.filter((older) => !contains(rect, older));
    this.readBack(rect);
    this.changed.push(rect);
  }

  /** The memory has the canvas' pixels wherever these are newer and touch a rectangle. */
  private readBack(rect: Rect): void {
    const touched = this.ahead.filter((newer) => touch(newer, rect));
    for (const newer of touched) {
      const { data } = this.context.getImageData(newer.x, newer.y, newer.w, newer.h);
      this.pixels.put(newer, new Uint32Array(data.buffer));
    }
    if (touched.length > 0) this.ahead = this.ahead.filter((newer) => !touch(newer, rect));
  }
}
