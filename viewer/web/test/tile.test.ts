import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

import { zstdModule } from "../build/zstd";
import { Malformed } from "../src/decode/malformed";
import { MAX_TILE_PIXELS, decodeTile, solidColour } from "../src/decode/tile";
import { Zstd } from "../src/decode/zstd";
import type { TileCoding } from "../src/protocol/types";
import { hex, unhex } from "./vectors";

interface TileVector {
  name: string;
  w: number;
  h: number;
  coding: TileCoding;
  data: string;
  /** As in Rust: B G R A, alpha premultiplied. */
  pixels: string;
}

const zstd = new Zstd(new WebAssembly.Module(zstdModule()));
const vectors: TileVector[] = JSON.parse(
  readFileSync(new URL("../../../protocol/vectors/tiles.json", import.meta.url), "utf8"),
);

function decoded({ w, h, coding, data }: TileVector): Uint32Array {
  if (coding === "solid") return new Uint32Array(w * h).fill(solidColour(unhex(data)));
  return decodeTile(zstd, { w, h }, coding, unhex(data));
}

/** What a canvas keeps of straight R G B A: premultiplied, rounded to the nearest. */
function kept(pixels: Uint32Array): Uint8Array {
  const bytes = new Uint8Array(pixels.buffer.slice(0));
  for (let at = 0; at < bytes.length; at += 4) {
    const [r, g, b, a] = bytes.subarray(at, at + 4) as unknown as [number, number, number, number];
    bytes.set(
      [b, g, r].map((c) => Math.round((c * a) / 255)),
      at,
    );
  }
  return bytes;
}

describe.each(vectors)("the tile $name", (vector) => {
  test("has the pixels that it has in Rust", () => {
    expect(hex(kept(decoded(vector)))).toBe(vector.pixels);
  });

  test("cut or lengthened anywhere is malformed", () => {
    const { data } = vector;
    for (let length = 0; length < data.length; length += 2) {
      expect(() => decoded({ ...vector, data: data.slice(0, length) })).toThrow(Malformed);
    }
    expect(() => decoded({ ...vector, data: data + "00" })).toThrow(Malformed);
  });

  test("for a rectangle of another size is malformed", () => {
    if (vector.coding === "solid") return;
    expect(() => decoded({ ...vector, h: vector.h + 1 })).toThrow(Malformed);
    expect(() => decoded({ ...vector, h: vector.h - 1 })).toThrow(Malformed);
  });

  test("damaged anywhere is malformed or another picture, never a surprise", () => {
    const bytes = unhex(vector.data);
    for (let at = 0; at < bytes.length; at++) {
      for (const bit of [1, 16, 128]) {
        const damaged = bytes.slice();
        damaged[at]! ^= bit;
        try {
          expect(decoded({ ...vector, data: hex(damaged) })).toHaveLength(vector.w * vector.h);
        } catch (error) {
          expect(error).toBeInstanceOf(Malformed);
        }
      }
    }
  });
});

test("every premultiplied colour survives the way through a canvas", () => {
  for (let alpha = 0; alpha < 256; alpha++) {
    const colours = Array.from({ length: alpha + 1 }, (_, c) => [c, alpha - c, c >> 1, alpha]).flat();
    const pixels = decodeTile(zstd, { w: alpha + 1, h: 1 }, "raw", Uint8Array.of(0, ...colours));
    expect([...kept(pixels)]).toEqual(alpha === 0 ? [0, 0, 0, 0] : colours);
  }
});

test("a tile of many pixels is refused before memory is taken for it", () => {
  const size = { w: MAX_TILE_PIXELS + 1, h: 1 };
  expect(() => decodeTile(zstd, size, "bands", Uint8Array.of(0, 0))).toThrow("more than one tile");
});

test("an index beyond the palette is malformed", () => {
  const data = Uint8Array.of(0, 2, ...new Uint8Array(12), 1, 0b11);
  expect(() => decodeTile(zstd, { w: 1, h: 1 }, "bands", data)).toThrow("lacks");
});

test.each([
  [[0, 4], "missing or empty"],
  [[3, 0, 1], "missing or empty"],
  [[3], "missing or empty"],
  [[3, 2, 0, 0], "higher"],
  [[5, 0, 0], "higher"],
])("bands of heights %j in a tile of 4 rows are malformed", (heights, why) => {
  const data = Uint8Array.of(0, 0, ...new Uint8Array(4), ...heights);
  expect(() => decodeTile(zstd, { w: 2, h: 4 }, "bands", data)).toThrow(why);
});
