/** Rectangles of pixels that lie within one picture. */

import type { Rect } from "../../protocol/types";

export function touch(a: Rect, b: Rect): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}

export function contains(outer: Rect, inner: Rect): boolean {
  return (
    outer.x <= inner.x &&
    outer.y <= inner.y &&
    inner.x + inner.w <= outer.x + outer.w &&
    inner.y + inner.h <= outer.y + outer.h
  );
}

export function area({ w, h }: Rect): number {
  return w * h;
}

/** The smallest rectangle around all of them; null if there are none. */
export function bounds(rects: readonly Rect[]): Rect | null {
  if (rects.length === 0) return null;
  // Not by spreading: there may be more rectangles than a call can have arguments.
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const { x, y, w, h } of rects) {
    left = Math.min(left, x);
    top = Math.min(top, y);
    right = Math.max(right, x + w);
    bottom = Math.max(bottom, y + h);
  }
  return { x: left, y: top, w: right - left, h: bottom - top };
}
