/**
 * Which way of moving pixels is cheaper in this browser on this machine. Where canvases lie on a graphics
 * processor, drawing one on itself is; where they lie in memory, each such draw copies the whole canvas (copy
 * on write in Skia's raster surfaces), and a copy of the pixels in memory is several times cheaper. Measured,
 * since no name of a browser tells.
 */

import type { Point, Rect } from "../../protocol/types";
import { BackingStore } from "./backing-store";

type Context = OffscreenCanvasRenderingContext2D;

/** Large enough that browsers treat it as they treat windows. */
const SIZE = { w: 512, h: 512 };
/** What is moved, and how often: one picture of a scrolled pane takes about this many moves. */
const MOVED = { x: 0, y: 32, w: 384, h: 384 };
const MOVES = 4;
/** Each way is tried this often, and its best time counts: what disturbs it only makes it longer. */
const TRIES = 3;
/** Memory must be cheaper by this factor, since it takes four bytes a pixel. */
const WORTH = 2;

let found: boolean | null = null;

/** Whether pixels are better moved in memory. Takes some milliseconds the first time. */
export function memoryIsCheaper(): boolean {
  return (found ??= measure());
}

function measure(): boolean {
  const drawn = best((context) => {
    settle(context);
    return () => {
      for (let i = 0; i < MOVES; i++) moveOnCanvas(context, MOVED, { x: 0, y: i });
    };
  });
  const stored = best((context) => {
    const store = new BackingStore(context, SIZE);
    return () => {
      for (let i = 0; i < MOVES; i++) store.copy(MOVED, { x: 0, y: i });
      store.flush();
    };
  });
  return drawn > WORTH * stored;
}

/** Moves pixels of a canvas with their alpha, as if through a temporary. */
export function moveOnCanvas(context: Context, { x, y, w, h }: Rect, to: Point): void {
  context.save();
  context.beginPath();
  context.rect(to.x, to.y, w, h);
  context.clip();
  context.globalCompositeOperation = "copy";
  context.drawImage(context.canvas, x, y, w, h, to.x, to.y, w, h);
  context.restore();
}

/** Draws may only have been noted; a pixel is known once they were done. */
function settle(context: Context): void {
  context.getImageData(0, 0, 1, 1);
}

/**
 * The shortest time of some tries. Each has a canvas of its own, since browsers move a canvas into memory
 * that is read often. `prepare` ends with a canvas on which nothing is left to do.
 */
function best(prepare: (context: Context) => () => void): number {
  let least = Infinity;
  for (let i = 0; i < TRIES; i++) {
    const context = new OffscreenCanvas(SIZE.w, SIZE.h).getContext("2d", { alpha: false });
    if (context === null) return Infinity;
    context.fillRect(0, 0, 64, 64);
    const work = prepare(context);
    const begun = performance.now();
    work();
    settle(context);
    least = Math.min(least, performance.now() - begun);
  }
  return least;
}
