import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

import { headOf } from "../src/decode/sps";
import { unhex } from "./vectors";

interface VideoVector {
  name: string;
  w: number;
  h: number;
  units: string[];
}

const vectors: VideoVector[] = JSON.parse(
  readFileSync(new URL("../../../protocol/vectors/video.json", import.meta.url), "utf8"),
);

describe.each(vectors)("the stream $name", ({ w, h, units }) => {
  const [first, ...rest] = units.map(unhex);
  const macroblocks = (side: number) => Math.ceil(side / 16) * 16;

  test("says its profile and size before it is decoded", () => {
    const head = headOf(first!);
    expect(head?.codec).toMatch(/^avc1\.42[0-9a-f]{4}$/);
    expect(head?.size).toEqual({ w: macroblocks(w), h: macroblocks(h) });
  });

  test("has its head in the first unit only", () => {
    expect(rest.map(headOf)).toEqual(rest.map(() => null));
  });

  test("with a damaged head is refused or another stream, never a surprise", () => {
    for (let at = 0; at < Math.min(40, first!.length); at++) {
      for (let bit = 1; bit < 256; bit *= 2) {
        const damaged = first!.slice();
        damaged[at]! ^= bit;
        try {
          headOf(damaged);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }
    }
  });
});

test("profiles that hosts do not send are refused", () => {
  const head = (...unit: number[]) => headOf(Uint8Array.of(0, 0, 0, 1, ...unit));
  expect(() => head(0x67, 100, 0, 31, 0xff)).toThrow("profile");
  expect(() => head(0x6f, 66, 0, 31, 0xff)).toThrow("profile");
  expect(() => head(0x67, 66, 0, 31)).toThrow("cut off");
  expect(() => head(0x67, 66, 0, 31, 0, 0, 0, 0, 0)).toThrow("too large");
  expect(head(0x65, 1, 2, 3)).toBeNull();
});
