/**
 * The newest pixels of one track, in a canvas.
 *
 * Updates are drawn wholly or not at all, each within one turn of the event loop: a canvas is shown only
 * between turns, so nobody sees half of one. Between turns the canvas has all pixels; while things move in a
 * canvas that lies in memory, a `BackingStore` has them as well.
 *
 * A canvas is opaque until a translucent pixel comes, since nothing beneath an opaque one needs to be
 * painted. A canvas cannot change that later: the picture then goes on in one of its own and asks for another
 * to be shown.
 */

import type { Op, Point, Rect, Size, Update } from "../protocol/types";
import { BackingStore } from "./canvas/backing-store";
import { memoryIsCheaper, moveOnCanvas } from "./canvas/cost";
import { leavesGaps } from "./canvas/coverage";
import { Malformed } from "./malformed";
import { MAX_TILE_PIXELS, decodeTile, solidColour } from "./tile";
import type { VideoOp, VideoPicture } from "./video";
import type { Zstd } from "./zstd";

/** The largest picture, each way. */
const MAX_DIMENSION = 8192;
/** The update that begins a new copy: what an earlier connection drew is nothing to build upon. */
const FIRST = 1;
/** How many times an update may replace every pixel. */
const MAX_COVERAGE = 3;

/** An op with its pixels. */
type Drawable =
  | { copy: Rect; to: Point }
  | { fill: Rect; colour: number }
  | { tile: Rect; pixels: Uint32Array<ArrayBuffer> }
  | { video: Rect; picture: VideoPicture };

/** Throws `Malformed` unless all is right that can be checked without decoding. */
export function validate(update: Update): void {
  const { size } = update;
  if (size.w > MAX_DIMENSION || size.h > MAX_DIMENSION) {
    throw new Malformed(`a picture of ${size.w}×${size.h} pixels`);
  }
  let pixels = 0;
  for (const op of update.ops) {
    const { from, to } = placesOf(op);
    for (const { x, y, w, h } of [from, to]) {
      const inside = x >= 0 && y >= 0 && x + w <= size.w && y + h <= size.h;
      if (!inside || w === 0 || h === 0) throw new Malformed("an op that reaches outside of its picture");
    }
    pixels += to.w * to.h;
  }
  if (pixels > MAX_COVERAGE * size.w * size.h) throw new Malformed("an update of too many pixels");
}

function placesOf(op: Op): { from: Rect; to: Rect } {
  if ("Copy" in op) {
    const { from, to } = op.Copy;
    return { from, to: { ...to, w: from.w, h: from.h } };
  }
  const { rect } = "Tile" in op ? op.Tile : op.Video;
  return { from: rect, to: rect };
}

/**
 * How long pixels stay in memory after something moved, in milliseconds: what scrolled once will scroll
 * again.
 */
const KEEP_BACKING = 5_000;

/** Who hears of what a picture needs. */
export interface PictureEvents {
  /** The browser took the pixels away, as graphics drivers that restart do. */
  lost(): void;
  /** Translucent pixels came, which the present canvas cannot show: the picture waits for another one. */
  translucent(): void;
}

/** A track's picture. */
export class Picture {
  private canvas: OffscreenCanvas;
  private context: OffscreenCanvasRenderingContext2D;
  /** Whether the canvas takes all pixels for opaque. */
  private opaque = false;
  /** Whether every pixel so far is opaque. */
  private solid = true;
  private backing: BackingStore | null = null;
  private moved = -Infinity;
  private sweep: ReturnType<typeof setTimeout> | undefined;

  /** Nothing yet. `inMemory` tells whether pixels are better moved in memory than on the canvas. */
  constructor(
    private readonly zstd: Zstd,
    private readonly events: PictureEvents,
    private readonly inMemory: () => boolean = memoryIsCheaper,
  ) {
    this.canvas = new OffscreenCanvas(1, 1);
    this.context = this.open(this.canvas);
  }

  get size(): Size {
    return { w: this.canvas.width, h: this.canvas.height };
  }

  /**
   * Draws here from now on; what there is comes along. `translucent` if pixels that are not opaque are
   * expected.
   */
  moveTo(canvas: OffscreenCanvas, translucent: boolean): void {
    // Nothing needs to be known of the pixels on a canvas that shows them all.
    if (translucent) this.solid = false;
    this.replace(canvas, this.solid);
  }

  /** Applies an update that was validated, with the pictures of its videos in order. Closes them. */
  apply(update: Update, videos: VideoPicture[]): void {
    try {
      // Copies move what tiles of the same update may have replaced: all is decoded before the first change.
      const pictures = videos.values();
      const drawables = update.ops.map((op) => this.decode(op, pictures));
      if (this.solid && this.bringsTranslucence(update, drawables)) this.becomeTranslucent();
      this.resize(update.size);
      if (update.id === FIRST) this.clear();
      for (const drawable of drawables) this.draw(drawable);
      this.backing?.flush();
    } finally {
      for (const video of videos) video.close();
    }
  }

  /** The track is gone. */
  close(): void {
    this.dropBacking();
  }

  /** A part of it, as straight R G B A. Null if it does not lie within. */
  pixels({ x, y, w, h }: Rect): Uint8Array | null {
    if (x < 0 || y < 0 || w === 0 || h === 0 || x + w > this.canvas.width || y + h > this.canvas.height)
      return null;
    return new Uint8Array(this.context.getImageData(x, y, w, h).data.buffer);
  }

  private open(canvas: OffscreenCanvas): OffscreenCanvasRenderingContext2D {
    canvas.oncontextlost = () => this.events.lost();
    const context = canvas.getContext("2d", { alpha: !this.opaque });
    if (context === null) throw new Error("this browser cannot draw in the background");
    context.imageSmoothingEnabled = false;
    return context;
  }

  private replace(canvas: OffscreenCanvas, opaque: boolean): void {
    const before = this.canvas;
    this.dropBacking();
    before.oncontextlost = null;
    this.canvas = canvas;
    this.opaque = opaque;
    canvas.width = before.width;
    canvas.height = before.height;
    this.context = this.open(canvas);
    if (before.width > 0 && before.height > 0) this.context.drawImage(before, 0, 0);
  }

  private bringsTranslucence(update: Update, drawables: Drawable[]): boolean {
    const kept = update.id === FIRST ? { w: 0, h: 0 } : this.size;
    if (drawables.some(isTranslucent)) return true;
    return leavesGaps(update.size, kept, drawables.map(destination));
  }

  private becomeTranslucent(): void {
    this.solid = false;
    if (!this.opaque) return;
    this.replace(new OffscreenCanvas(1, 1), false);
    this.events.translucent();
  }

  private decode(op: Op, videos: Iterator<VideoPicture>): Drawable {
    if ("Copy" in op) return { copy: op.Copy.from, to: op.Copy.to };
    if ("Video" in op) {
      const next = videos.next();
      if (next.done === true) throw new Malformed("a video without a picture");
      return { video: op.Video.rect, picture: next.value };
    }
    const { rect, coding, data } = op.Tile;
    if (coding === "solid") return { fill: rect, colour: solidColour(data) };
    return { tile: rect, pixels: decodeTile(this.zstd, rect, coding, data) };
  }

  /** What lies within both sizes keeps its pixels, the rest is transparent. */
  private resize({ w, h }: Size): void {
    const { canvas, context } = this;
    if (canvas.width === w && canvas.height === h) return;
    this.dropBacking();
    const before = copyOf(canvas);
    canvas.width = w;
    canvas.height = h;
    context.imageSmoothingEnabled = false;
    if (before !== null) context.drawImage(before, 0, 0);
  }

  private clear(): void {
    this.dropBacking();
    this.context.clearRect(0, 0, this.canvas.width, this.canvas.height);
  }

  private draw(drawable: Drawable): void {
    if ("copy" in drawable) this.copy(drawable.copy, drawable.to);
    else if ("fill" in drawable) this.fill(drawable.fill, drawable.colour);
    else if ("tile" in drawable) this.put(drawable.tile, drawable.pixels);
    else {
      const { x, y, w, h } = drawable.video;
      this.backing?.draws(drawable.video);
      this.context.drawImage(drawable.picture.image, 0, 0, w, h, x, y, w, h);
    }
  }

  private copy(from: Rect, to: Point): void {
    const backing = this.forMoving();
    if (backing === null) moveOnCanvas(this.context, from, to);
    else backing.copy(from, to);
  }

  private fill(rect: Rect, colour: number): void {
    if (this.backing !== null) return this.backing.fill(rect, colour);
    const { x, y, w, h } = rect;
    const alpha = colour >>> 24;
    if (alpha === 0) this.context.clearRect(x, y, w, h);
    else if (alpha === 255) {
      const [r, g, b] = [colour & 255, (colour >> 8) & 255, (colour >> 16) & 255];
      this.context.fillStyle = `rgb(${r} ${g} ${b})`;
      this.context.fillRect(x, y, w, h);
    } else {
      // In stripes: colours of styles are not exact once they are translucent.
      const rows = Math.max(Math.floor(MAX_TILE_PIXELS / w), 1);
      for (let row = 0; row < h; row += rows) {
        const pixels = new Uint32Array(w * Math.min(rows, h - row)).fill(colour);
        this.context.putImageData(imageData(pixels, w), x, y + row);
      }
    }
  }

  private put(rect: Rect, pixels: Uint32Array<ArrayBuffer>): void {
    if (this.backing !== null) this.backing.put(rect, pixels);
    else this.context.putImageData(imageData(pixels, rect.w), rect.x, rect.y);
  }

  /** The pixels in memory, if they are better moved there. */
  private forMoving(): BackingStore | null {
    if (!this.inMemory()) return null;
    this.moved = performance.now();
    this.sweep ??= setTimeout(() => this.sweepBacking(), KEEP_BACKING);
    return (this.backing ??= new BackingStore(this.context, this.size));
  }

  private sweepBacking(): void {
    const left = this.moved + KEEP_BACKING - performance.now();
    if (left <= 0) this.dropBacking();
    else this.sweep = setTimeout(() => this.sweepBacking(), left);
  }

  private dropBacking(): void {
    clearTimeout(this.sweep);
    this.sweep = undefined;
    this.backing = null;
  }
}

function destination(drawable: Drawable): Rect {
  if ("copy" in drawable) return { ...drawable.to, w: drawable.copy.w, h: drawable.copy.h };
  if ("fill" in drawable) return drawable.fill;
  return "tile" in drawable ? drawable.tile : drawable.video;
}

function isTranslucent(drawable: Drawable): boolean {
  if ("fill" in drawable) return drawable.colour >>> 24 !== 255;
  if (!("tile" in drawable)) return false;
  // All bits at once and by index: a callback for each pixel costs more than decoding it.
  const { pixels } = drawable;
  let all = -1;
  for (let i = 0; i < pixels.length; i++) all &= pixels[i]!;
  return all >>> 24 !== 255;
}

/** The same pixels elsewhere; null if there are none. */
function copyOf(canvas: OffscreenCanvas): OffscreenCanvas | null {
  if (canvas.width === 0 || canvas.height === 0) return null;
  const copy = new OffscreenCanvas(canvas.width, canvas.height);
  copy.getContext("2d")?.drawImage(canvas, 0, 0);
  return copy;
}

function imageData(pixels: Uint32Array<ArrayBuffer>, width: number): ImageData {
  return new ImageData(new Uint8ClampedArray(pixels.buffer), width);
}

/** The ops `Video` of an update, in order. */
export function videosOf(update: Update): VideoOp[] {
  return update.ops.flatMap((op) => ("Video" in op ? [op.Video] : []));
}
