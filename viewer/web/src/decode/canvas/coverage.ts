/** Whether an update leaves pixels as a new canvas has them, which is transparent. */

import type { Rect, Size } from "../../protocol/types";

/**
 * Whether rectangles of an update leave any pixel of a picture of this size without one, where `kept` (from
 * the top left corner) has its pixels already.
 */
export function leavesGaps(size: Size, kept: Size, rects: Iterable<Rect>): boolean {
  if (kept.w >= size.w && kept.h >= size.h) return false;
  const covered = new Uint8Array(size.w * size.h);
  const cover = ({ x, y, w, h }: Rect) => {
    for (let row = y; row < y + h; row++) covered.fill(1, row * size.w + x, row * size.w + x + w);
  };
  cover({ x: 0, y: 0, w: Math.min(kept.w, size.w), h: Math.min(kept.h, size.h) });
  for (const rect of rects) cover(rect);
  return covered.includes(0);
}
