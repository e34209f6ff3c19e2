/**
 * The view's zoom and pan on small screens: which part of a window is seen, and how large. A place `p` of the
 * window is shown at `p × scale + offset`, in CSS pixels from the stage's corner.
 *
 * Invariants: the scale is between `fit` and `largest`; a window that is larger than the viewport leaves none
 * of it empty, a smaller one stands in the middle.
 */

import type { Rect, Size } from "../../protocol/types";
import type { Point } from "../pointer/surface";

/** The most that a small screen's view is magnified. */
export const LARGEST = 5;
/** So much room a place in view has around it. */
const MARGIN = 24;

export class Zoom {
  scale = 1;
  /** The most that is allowed now. */
  largest = LARGEST;
  offset: Point = { x: 0, y: 0 };
  /** The stage's corner in the viewport: places that are zoomed around are told from there. */
  origin: Point = { x: 0, y: 0 };
  private window: Size = { w: 1, h: 1 };
  private viewport: Rect = { x: 0, y: 0, w: 1, h: 1 };
  /** Whether there is a view; without one nothing zooms or moves. */
  private live = false;

  /** `changed` is told whenever the view has changed. */
  constructor(public changed: () => void = () => {}) {}

  /**
   * The window's size in CSS pixels when it is not zoomed, and the part of the viewport that is free for it.
   */
  layout(window: Size, viewport: Rect): void {
    this.live = true;
    this.window = { w: Math.max(1, window.w), h: Math.max(1, window.h) };
    this.viewport = viewport;
    this.move(this.scale, this.offset);
  }

  /** There is no view any more, until it is laid out again. */
  end(): void {
    this.live = false;
    this.scale = 1;
    this.offset = { x: 0, y: 0 };
  }

  get zoomed(): boolean {
    return this.scale > 1.001;
  }

  /** Zooms around a place, which stays where it is. */
  zoom(at: Point, factor: number): void {
    const scale = this.bounded(this.scale * factor);
    const ratio = scale / this.scale;
    const { x, y } = this.offset;
    const [left, top] = [at.x - this.origin.x, at.y - this.origin.y];
    this.move(scale, { x: left - (left - x) * ratio, y: top - (top - y) * ratio });
  }

  /** Moves the view along; answers what was left over at its edges. */
  pan(dx: number, dy: number): { dx: number; dy: number } {
    const { x, y } = this.offset;
    this.move(this.scale, { x: x + dx, y: y + dy });
    return { dx: dx - (this.offset.x - x), dy: dy - (this.offset.y - y) };
  }

  /** Between whole and close by, around a place. */
  toggle(at: Point): void {
    this.zoom(at, this.zoomed ? 1 / this.scale : 2.5);
  }

  /** Brings a place of the window, in CSS pixels of its own, into view, moving as little as can be. */
  reveal({ x, y, w, h }: Rect): void {
    const { viewport, scale, offset } = this;
    const along = (at: number, long: number, shift: number, from: number, room: number) => {
      const margin = Math.min(MARGIN, room / 4);
      const begin = at * scale + shift - margin;
      const end = (at + long) * scale + shift + margin;
      if (begin < from) return shift + from - begin;
      return end > from + room ? shift - Math.min(end - from - room, begin - from) : shift;
    };
    this.move(scale, {
      x: along(x, w, offset.x, viewport.x, viewport.w),
      y: along(y, h, offset.y, viewport.y, viewport.h),
    });
  }

  /**
   * As small as all of its width can be seen, but never larger than it is: what a keyboard covers is moved
   * into view instead.
   */
  private get fit(): number {
    return Math.min(1, this.viewport.w / this.window.w);
  }

  private bounded(scale: number): number {
    return Math.min(Math.max(scale, this.fit), this.largest);
  }

  private move(wanted: number, { x, y }: Point): void {
    if (!this.live) return;
    const { window, viewport, offset: before } = this;
    const scale = this.bounded(wanted);
    const along = (at: number, long: number, from: number, room: number) => {
      const spare = room - long * scale;
      return spare >= 0 ? from + spare / 2 : Math.min(from, Math.max(from + spare, at));
    };
    const offset = {
      x: along(x, window.w, viewport.x, viewport.w),
      y: along(y, window.h, viewport.y, viewport.h),
    };
    if (scale === this.scale && offset.x === before.x && offset.y === before.y) return;
    this.scale = scale;
    this.offset = offset;
    this.changed();
  }
}
