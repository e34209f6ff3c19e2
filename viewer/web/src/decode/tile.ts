/**
 * Lossless tiles. The byte layout is in `docs/protocol.md`.
 *
 * On the wire pixels are B G R A with alpha premultiplied; canvases take R G B A with alpha straight. Going
 * there and back is exact: both ways round to the nearest. Pixels are handled as numbers of 32 bits with the
 * first byte lowest, as on every machine that has a browser.
 */

import type { Size, TileCoding } from "../protocol/types";
import { Malformed } from "./malformed";
import type { Zstd } from "./zstd";

/** The most pixels of one tile of any coding but `solid`. */
export const MAX_TILE_PIXELS = 1 << 16;

/** The colour of a tile of one colour, as a canvas' pixel. */
export function solidColour(data: Uint8Array): number {
  exactly(data, 4);
  return straight(pixelAt(data, 0));
}

/** The pixels of a tile that is not `solid`, as a canvas takes them. */
export function decodeTile(
  zstd: Zstd,
  { w, h }: Size,
  coding: Exclude<TileCoding, "solid">,
  data: Uint8Array,
): Uint32Array<ArrayBuffer> {
  const pixels = w * h;
  if (pixels > MAX_TILE_PIXELS) throw new Malformed(`${pixels} pixels are more than one tile may have`);
  if (coding === "bands") return unpack(expand(zstd, data, 1 + 4 * 256 + h + pixels), w, h);
  const plain = exactly(expand(zstd, data, 4 * pixels), 4 * pixels);
  return coding === "raw" ? fromRaw(plain, pixels) : joinPlanes(plain, pixels);
}

/** Undoes the compression, to at most `most` bytes. */
function expand(zstd: Zstd, data: Uint8Array, most: number): Uint8Array {
  const rest = data.subarray(1);
  if (data[0] === 0) return rest;
  if (data[0] !== 1) throw new Malformed("a tile of unknown compression");
  const plain = zstd.decompress(rest, most);
  if (plain === null) throw new Malformed("a tile whose compressed data is damaged");
  return plain;
}

function fromRaw(plain: Uint8Array, count: number): Uint32Array<ArrayBuffer> {
  const pixels = new Uint32Array(count);
  for (let i = 0; i < count; i++) pixels[i] = straight(pixelAt(plain, 4 * i));
  return pixels;
}

/** Pixels from the planes of blue less green, green, red less green, and alpha. */
function joinPlanes(plain: Uint8Array, count: number): Uint32Array<ArrayBuffer> {
  const pixels = new Uint32Array(count);
  const [greens, reds, alphas] = [count, 2 * count, 3 * count];
  let [blue, green, red, alpha] = [0, 0, 0, 0];
  for (let i = 0; i < count; i++) {
    // The length was checked: what is looked up is there.
    blue += plain[i]!;
    green += plain[greens + i]!;
    red += plain[reds + i]!;
    alpha += plain[alphas + i]!;
    const [b, r] = [(blue + green) & 255, (red + green) & 255];
    pixels[i] = straight((((alpha & 255) << 24) | (r << 16) | ((green & 255) << 8) | b) >>> 0);
  }
  return pixels;
}

/** Pixels from a palette and indices, column by column within bands. */
function unpack(plain: Uint8Array, w: number, h: number): Uint32Array<ArrayBuffer> {
  const colours = (plain[0] ?? 0) + 1;
  const bits = colours <= 2 ? 1 : colours <= 4 ? 2 : colours <= 16 ? 4 : 8;
  const bands = 1 + 4 * colours;
  let [at, below, length] = [bands, 0, 0];
  while (below < h) {
    const height = plain[at++];
    if (!height) throw new Malformed("a tile with bands that are missing or empty");
    below += height;
    length += Math.ceil((height * bits) / 8) * w;
  }
  if (below > h) throw new Malformed("a tile with bands that are higher than itself");
  exactly(plain, at + length);
  const palette = joinPlanes(plain.subarray(1, bands), colours);
  const pixels = new Uint32Array(w * h);
  const [mask, end] = [(1 << bits) - 1, at];
  for (let band = bands, top = 0; band < end; band++) {
    const bottom = top + plain[band]! * w;
    for (let x = 0; x < w; x++) {
      for (let to = top + x, shift = 0; to < bottom; to += w, shift += bits) {
        if (shift === 8) {
          shift = 0;
          at++;
        }
        const colour = palette[(plain[at]! >> shift) & mask];
        if (colour === undefined) throw new Malformed("a tile with a colour that its palette lacks");
        pixels[to] = colour;
      }
      at++;
    }
    top = bottom;
  }
  return pixels;
}

function pixelAt(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
}

/** From B G R A with alpha premultiplied to R G B A with alpha straight. */
function straight(bgra: number): number {
  const alpha = bgra >>> 24;
  const [r, g, b] = [(bgra >>> 16) & 255, (bgra >>> 8) & 255, bgra & 255];
  if (alpha === 255) return (0xff00_0000 | (b << 16) | (g << 8) | r) >>> 0;
  if (alpha === 0) return 0;
  const divided = (c: number) => Math.min(Math.round((c * 255) / alpha), 255);
  return ((alpha << 24) | (divided(b) << 16) | (divided(g) << 8) | divided(r)) >>> 0;
}

function exactly(bytes: Uint8Array, expected: number): Uint8Array {
  if (bytes.length !== expected)
    throw new Malformed(`a tile of ${bytes.length} bytes where ${expected} were expected`);
  return bytes;
}
