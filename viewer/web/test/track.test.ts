import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { zstdModule } from "../build/zstd";
import { Malformed } from "../src/decode/malformed";
import { Picture } from "../src/decode/picture";
import { Track } from "../src/decode/track";
import type { VideoPicture, VideoSource } from "../src/decode/video";
import { Zstd } from "../src/decode/zstd";
import type { Op, Update } from "../src/protocol/types";
import { FakeCanvas, fakeCanvases } from "./canvas.fixture";
import { update } from "./session.fixture";

beforeEach(() => fakeCanvases());
afterEach(() => void vi.unstubAllGlobals());

const zstd = new Zstd(new WebAssembly.Module(zstdModule()));
const size = { w: 64, h: 48 };
const rect = { x: 0, y: 0, w: 4, h: 3 };
const tile: Op = { Tile: { rect, coding: "solid", data: Uint8Array.of(1, 2, 3, 255) } };
const video = (stream = 1): Op => ({
  Video: { rect, codec: "h264", stream, keyframe: true, data: new Uint8Array(0) },
});

/** A track whose pictures of videos come when the test says so. */
class Workshop {
  readonly applied: number[] = [];
  readonly broken: string[] = [];
  readonly malformed: string[] = [];
  /** Pictures that were asked for, by update. */
  readonly asked: { update: number; resolve(): void; reject(): void; closed: boolean }[] = [];
  readonly track: Track;

  constructor() {
    const source: VideoSource = {
      picture: (id) =>
        new Promise<VideoPicture>((resolve, reject) => {
          const entry = {
            update: id,
            closed: false,
            resolve: () => {
              const close = () => (entry.closed = true);
              resolve({ image: {} as CanvasImageSource, size: rect, close: () => void close() });
            },
            reject: () => reject(new Malformed("damaged")),
          };
          this.asked.push(entry);
        }),
      close: vi.fn(),
    };
    this.track = new Track(new Picture(zstd, { lost: () => {}, translucent: () => {} }), source, {
      applied: (it) => this.applied.push(it.id),
      broken: (reason) => this.broken.push(reason),
      malformed: (reason) => this.malformed.push(reason),
    });
  }

  apply(id: number, ops: Op[], more: Partial<Update> = {}): void {
    this.track.apply(update(id, { size, ops, ...more }));
  }

  /** Everything that can happen without another event has happened. */
  settled(): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, 0));
  }
}

test("text is drawn within the same turn", () => {
  const shop = new Workshop();
  shop.apply(1, [tile]);
  expect(shop.applied).toEqual([1]);
});

test("what comes after a video waits for it, whatever is decoded first", async () => {
  const shop = new Workshop();
  shop.apply(1, [video()]);
  shop.apply(2, [tile]);
  shop.apply(3, [video()]);
  expect(
    shop.asked.map(({ update: id }) => id),
    "decoders begin ahead",
  ).toEqual([1, 3]);
  shop.asked[1]?.resolve();
  await shop.settled();
  expect(shop.applied).toEqual([]);
  shop.asked[0]?.resolve();
  await shop.settled();
  expect(shop.applied).toEqual([1, 2, 3]);
  expect(shop.asked.every(({ closed }) => closed)).toBe(true);
  shop.apply(4, [tile]);
  expect(shop.applied).toEqual([1, 2, 3, 4]);
});

test("nothing of an update is drawn before all of it is there", async () => {
  const shop = new Workshop();
  shop.apply(1, [tile, video(1), video(2)]);
  shop.asked[0]?.resolve();
  await shop.settled();
  expect(FakeCanvas.made[0]?.drawn).toEqual([]);
  shop.asked[1]?.resolve();
  await shop.settled();
  const methods = FakeCanvas.made[0]?.drawn.map(([method]) => method);
  expect(methods?.slice(-3)).toEqual(["fillRect", "drawImage", "drawImage"]);
});

test("a picture that cannot be decoded breaks the track, once, and what is left is given back", async () => {
  const shop = new Workshop();
  shop.apply(1, [video(1), video(2)]);
  shop.apply(2, [video(1)]);
  shop.asked[0]?.reject();
  await shop.settled();
  expect(shop.broken).toEqual(["an update cannot be applied: damaged"]);
  for (const { resolve } of shop.asked.slice(1)) resolve();
  await shop.settled();
  expect(shop.applied).toEqual([]);
  expect(shop.asked.slice(1).every(({ closed }) => closed)).toBe(true);
  shop.apply(3, [tile]);
  expect(shop.applied).toEqual([]);
});

test("pictures that come after a track is gone are given back, not drawn", async () => {
  const shop = new Workshop();
  shop.apply(1, [video()]);
  shop.track.close();
  shop.asked[0]?.resolve();
  await shop.settled();
  expect(shop.asked[0]?.closed).toBe(true);
  expect([shop.applied, shop.broken]).toEqual([[], []]);
});

const outside = (x: number, y: number, w: number, h: number): Op => ({
  Tile: { rect: { x, y, w, h }, coding: "solid", data: Uint8Array.of(1, 2, 3, 255) },
});
const hostile: [string, Partial<Update>][] = [
  ["reaches outside", { ops: [outside(61, 0, 4, 1)] }],
  ["begins outside", { ops: [outside(-1, 0, 4, 1)] }],
  ["is empty", { ops: [outside(0, 0, 0, 1)] }],
  ["wraps around", { ops: [outside(1, 1, 0xffff_ffff, 1)] }],
  ["copies to outside", { ops: [{ Copy: { from: rect, to: { x: 0, y: 46 } } }] }],
  ["replaces everything many times", { ops: Array.from({ length: 4 }, () => outside(0, 0, 64, 48)) }],
  ["is of a huge picture", { size: { w: 8193, h: 1 }, ops: [] }],
  [
    "has a malformed tile behind a good one",
    { ops: [tile, { Tile: { rect, coding: "solid", data: Uint8Array.of(1) } }] },
  ],
];

test.each(hostile)("an update that %s is refused, and draws nothing", (_, more) => {
  const shop = new Workshop();
  shop.apply(1, [], more);
  expect([shop.malformed.length, shop.broken.length]).toEqual([1, 0]);
  expect(FakeCanvas.made.flatMap(({ drawn }) => drawn)).toEqual([]);
});
