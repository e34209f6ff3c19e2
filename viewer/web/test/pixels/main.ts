/**
 * A page for tests in real browsers (`tests/browser/test/pixels.test.ts`): draws the golden vectors of tiles
 * and videos, copies of translucent pixels, and random histories, and tells how far the canvas is from what
 * it should show.
 */

import zstdUrl from "virtual:zstd";

import tiles from "../../../../protocol/vectors/tiles.json";
import videos from "../../../../protocol/vectors/video.json";
import { Picture, type PictureEvents } from "../../src/decode/picture";
import { Track } from "../../src/decode/track";
import { DecodedVideo, canDecode } from "../../src/decode/video";
import { Zstd } from "../../src/decode/zstd";
import type { Op, Rect, Size, TileCoding } from "../../src/protocol/types";
import { history } from "./history";

/** The greatest difference of any value of any pixel, or why there is no picture. */
export interface Finding {
  name: string;
  worst: number;
  error: string | null;
}

const zstd = await Zstd.fetch(zstdUrl);
const findings: Finding[] = [];
const unheard: PictureEvents = { lost: () => {}, translucent: () => {} };

for (const { name, w, h, coding, data, pixels } of tiles) {
  const rect = { x: 0, y: 0, w, h };
  const op: Op = { Tile: { rect, coding: coding as TileCoding, data: unhex(data) } };
  findings.push(await compared(`tile ${name}`, rect, [[op]], unhex(pixels)));
}

if (await canDecode()) {
  for (const { name, w, h, units, pixels } of videos) {
    const rect = { x: 0, y: 0, w, h };
    const updates = units.map((unit, i): Op[] => [
      { Video: { rect, codec: "h264", stream: 1, keyframe: i === 0, data: unhex(unit) } },
    ]);
    findings.push(await compared(`video ${name}`, rect, updates, unhex(pixels)));
  }
}

for (const inMemory of [false, true]) {
  findings.push(await copies(inMemory));
  findings.push(await resizes());
  for (const translucent of [false, true]) {
    for (let seed = 1; seed <= 20; seed++) findings.push(history(zstd, { seed, inMemory, translucent }));
  }
}
(window as { findings?: Finding[] }).findings = findings;

/** Applies updates with these ops and compares. */
async function compared(
  name: string,
  size: Size,
  updates: Op[][],
  wanted: Uint8Array,
  inMemory = false,
): Promise<Finding> {
  const picture = new Picture(zstd, unheard, () => inMemory);
  const error = await applied(picture, size, updates);
  const got = premultiplied(picture.pixels({ x: 0, y: 0, w: size.w, h: size.h }) ?? new Uint8Array(0));
  const worst = wanted.reduce((most, value, i) => Math.max(most, Math.abs(value - (got[i] ?? 999))), 0);
  return { name, worst, error };
}

function applied(picture: Picture, size: Size, updates: Op[][], first = 1): Promise<string | null> {
  const timing = {
    captured: 0,
    encode_started: 0,
    encoded: 0,
    sent: 0,
    input_received: null,
    input_dispatched: null,
  };
  return new Promise((resolve) => {
    let left = updates.length;
    const track = new Track(picture, new DecodedVideo(), {
      applied: () => void (--left === 0 && resolve(null)),
      broken: resolve,
      malformed: resolve,
    });
    updates.forEach((ops, i) =>
      track.apply({ track: 1, id: first + i, size, ops, exact: true, caused_by_input: null, timing }),
    );
  });
}

/** Copies that overlap themselves, of pixels of every alpha. */
async function copies(inMemory: boolean): Promise<Finding> {
  const size = { w: 64, h: 48 };
  const { tile, pixels } = translucent(size);
  const updates: Op[][] = [[tile]];
  for (let i = 0; i < 40; i++) {
    const [w, h] = [1 + ((i * 7) % 40), 1 + ((i * 5) % 30)];
    const place = (a: number, b: number) => ({ x: (i * a) % (size.w - w), y: (i * b) % (size.h - h) });
    const [from, to] = [{ ...place(11, 3), w, h }, place(17, 23)];
    updates.push([{ Copy: { from, to } }]);
    const before = pixels.slice();
    for (let y = 0; y < h; y++) {
      const row = (from.y + y) * size.w + from.x;
      pixels.set(before.subarray(row, row + w), (to.y + y) * size.w + to.x);
    }
  }
  return compared(`copies ${inMemory}`, size, updates, new Uint8Array(pixels.buffer), inMemory);
}

/** A picture that shrinks and grows keeps what lies within both sizes; then it moves to another canvas. */
async function resizes(): Promise<Finding> {
  const [large, small, wide] = [
    { w: 20, h: 10 },
    { w: 12, h: 30 },
    { w: 40, h: 10 },
  ];
  const { tile, pixels } = translucent(large);
  const wanted = new Uint32Array(wide.w * wide.h);
  for (let y = 0; y < large.h; y++) {
    wanted.set(pixels.subarray(y * large.w, y * large.w + small.w), y * wide.w);
  }
  const picture = new Picture(zstd, unheard);
  await applied(picture, large, [[tile]]);
  await applied(picture, small, [[]], 2);
  await applied(picture, wide, [[]], 3);
  picture.moveTo(new OffscreenCanvas(1, 1), false);
  const got = premultiplied(picture.pixels({ x: 0, y: 0, ...wide }) ?? new Uint8Array(0));
  const bytes = new Uint8Array(wanted.buffer);
  return {
    name: "resizes",
    worst: bytes.reduce((most, v, i) => Math.max(most, Math.abs(v - got[i]!)), 0),
    error: null,
  };
}

/** Pixels of every alpha, and the tile that draws them. */
function translucent({ w, h }: Size): { tile: Op; pixels: Uint32Array<ArrayBuffer> } {
  const pixels = Uint32Array.from({ length: w * h }, (_, i) => {
    const alpha = (i * 37) & 255;
    const colour = (factor: number) => (i * factor) % (alpha + 1);
    return ((alpha << 24) | (colour(7) << 16) | (colour(13) << 8) | colour(29)) >>> 0;
  });
  const rect: Rect = { x: 0, y: 0, w, h };
  const data = Uint8Array.of(0, ...new Uint8Array(pixels.buffer));
  return { tile: { Tile: { rect, coding: "raw", data } }, pixels };
}

/** From straight R G B A to what the protocol has. */
function premultiplied(rgba: Uint8Array): Uint8Array {
  return rgba.map((_, i) => {
    const [pixel, channel] = [i - (i % 4), i % 4];
    const alpha = rgba[pixel + 3]!;
    return channel === 3 ? alpha : Math.round((rgba[pixel + 2 - channel]! * alpha) / 255);
  });
}

function unhex(text: string): Uint8Array {
  return Uint8Array.from(text.match(/../g) ?? [], (byte) => parseInt(byte, 16));
}
