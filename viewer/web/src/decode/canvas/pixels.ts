/** Pixels in memory: straight R G B A, each a number of 32 bits, row by row, as a canvas takes them. */

import type { Point, Rect, Size } from "../../protocol/types";

export class Pixels {
  private readonly rows: Uint32Array<ArrayBuffer>;
  /** The same memory. */
  readonly image: ImageData;

  /** Takes over what a canvas gave. */
  constructor(
    readonly size: Size,
    bytes: Uint8ClampedArray<ArrayBuffer>,
  ) {
    this.rows = new Uint32Array(bytes.buffer, bytes.byteOffset, size.w * size.h);
    this.image = new ImageData(bytes, size.w, size.h);
  }

  /** Moves pixels with their alpha, as if through a temporary. */
  copy(from: Rect, to: Point): void {
    const { rows, size } = this;
    const down = to.y > from.y;
    for (let i = 0; i < from.h; i++) {
      // The rows that others are copied from must still be there.
      const row = down ? from.h - 1 - i : i;
      const start = (from.y + row) * size.w + from.x;
      rows.copyWithin((to.y + row) * size.w + to.x, start, start + from.w);
    }
  }

  /** Gives every pixel of a rectangle one colour. */
  fill({ x, y, w, h }: Rect, colour: number): void {
    for (let row = y; row < y + h; row++) {
      const start = row * this.size.w + x;
      this.rows.fill(colour, start, start + w);
    }
  }

  /** Replaces a rectangle. */
  put({ x, y, w, h }: Rect, pixels: Uint32Array): void {
    for (let row = 0; row < h; row++) {
      this.rows.set(pixels.subarray(row * w, (row + 1) * w), (y + row) * this.size.w + x);
    }
  }
}
