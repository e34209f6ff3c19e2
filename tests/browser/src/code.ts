/** The block code that the test app paints: see `tests/src/code.rs`. */

import type { Box } from "./elements";

/** The side of a cell, in pixels. */
export const CELL = 8;
export const COLUMNS = 16;
export const ROWS = 6;
const MAGIC = 0xb5a3;

/** Where the code is in the test app's window, in pixels. */
export const CODE: Box = { x: 16, y: 16, width: CELL * COLUMNS, height: CELL * ROWS };

export interface Code {
  /** How many keys and buttons were pressed. */
  input: number;
  /** How many pictures were committed. */
  frame: number;
}

/** Reads a code from RGBA pixels of exactly its size; null if they hold none, or parts of two. */
export function readCode(rgba: Uint8Array | Uint8ClampedArray): Code | null {
  return decode((row, column) => {
    const pixel = (row * CELL + CELL / 2) * CODE.width + column * CELL + CELL / 2;
    return (rgba[pixel * 4 + 1] ?? 0) >= 128;
  });
}

/** Reads a code from the brightness of its cells, row by row, as a text of zeros and ones. */
export function readCells(cells: string): Code | null {
  return decode((row, column) => cells[row * COLUMNS + column] === "1");
}

function decode(bright: (row: number, column: number) => boolean): Code | null {
  const word = (row: number) => {
    let bits = 0;
    for (let column = 0; column < COLUMNS; column++) bits = (bits << 1) | Number(bright(row, column));
    return bits;
  };
  const number = (row: number) => word(row) * 0x10000 + word(row + 1);
  if (word(0) !== MAGIC) return null;
  const code = { input: number(1), frame: number(3) };
  return word(5) === checksum(code) ? code : null;
}

function checksum({ input, frame }: Code): number {
  const mixed = BigInt.asUintN(64, ((BigInt(input) << 32n) | BigInt(frame)) + 1n);
  return Number(BigInt.asUintN(64, mixed * 0x9e3779b97f4a7c15n) >> 48n);
}
