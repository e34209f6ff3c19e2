/**
 * Random histories of a picture, held against a model: moves, tiles of one colour and of many, videos, new
 * sizes, new canvases, new connections. Whatever the history, the canvas shows what the ops say, with pixels
 * moved on the canvas and in memory.
 */

import { Picture } from "../../src/decode/picture";
import type { VideoPicture } from "../../src/decode/video";
import type { Zstd } from "../../src/decode/zstd";
import type { Op, Point, Rect, Size, Update } from "../../src/protocol/types";
import type { Finding } from "./main";

/** What is tried. Of the same, the same history comes. */
interface Plan {
  seed: number;
  inMemory: boolean;
  /** Whether pixels that are not opaque come. */
  translucent: boolean;
}

const UPDATES = 30;

/** Plays a history and compares after every update. */
export function history(zstd: Zstd, plan: Plan): Finding {
  const ways = [plan.inMemory && "in memory", plan.translucent && "translucent"].filter(Boolean);
  const name = [`history ${plan.seed}`, ...ways].join(", ");
  const draw = new Draw(plan.seed);
  const model = new Model();
  let asked = 0;
  const shown = () => new OffscreenCanvas(1, 1);
  const events = { lost: () => {}, translucent: () => void asked++ };
  const picture = new Picture(zstd, events, () => plan.inMemory);
  picture.moveTo(shown(), false);
  let [worst, id, size] = [0, 0, draw.size()];
  try {
    for (let i = 0; i < UPDATES; i++) {
      if (draw.one(8) === 0) size = draw.size();
      if (draw.one(12) === 0) id = 0;
      if (draw.one(12) === 0) picture.moveTo(shown(), false);
      const { ops, videos } = draw.ops(size, id === 0 || i === 0, plan.translucent);
      model.apply(size, ++id, ops, videos);
      picture.apply({ ...blank, id, size, ops }, videos.map(asPicture));
      worst = Math.max(worst, model.distance(picture));
    }
    picture.close();
  } catch (error) {
    return { name, worst, error: String(error) };
  }
  const error = asked > UPDATES ? `${asked} canvases asked for` : null;
  return { name, worst, error };
}

const blank: Omit<Update, "id" | "size" | "ops"> = {
  track: 1,
  exact: true,
  caused_by_input: null,
  timing: {
    captured: 0,
    encode_started: 0,
    encoded: 0,
    sent: 0,
    input_received: null,
    input_dispatched: null,
  },
};

/** A video's picture of one colour: R G B. */
interface Plain {
  rect: Rect;
  colour: number;
}

function asPicture({ rect, colour }: Plain): VideoPicture {
  const image = new OffscreenCanvas(rect.w, rect.h);
  const context = image.getContext("2d");
  if (context === null) throw new Error("no canvas");
  context.fillStyle = `rgb(${colour & 255} ${(colour >> 8) & 255} ${(colour >> 16) & 255})`;
  context.fillRect(0, 0, rect.w, rect.h);
  return { image, size: rect, close: () => {} };
}

/** Pixels as the protocol has them: B G R A, premultiplied. */
class Model {
  private size: Size = { w: 0, h: 0 };
  private pixels = new Uint32Array(0);

  apply(size: Size, id: number, ops: Op[], videos: Plain[]): void {
    this.resize(size);
    if (id === 1) this.pixels.fill(0);
    let video = 0;
    for (const op of ops) {
      if ("Copy" in op) this.copy(op.Copy.from, op.Copy.to);
      else if ("Video" in op) {
        const { colour } = videos[video++]!;
        const [r, g, b] = [colour & 255, (colour >> 8) & 255, (colour >> 16) & 255];
        this.fill(op.Video.rect, () => (0xff00_0000 | (r << 16) | (g << 8) | b) >>> 0);
      } else {
        const { rect, coding, data } = op.Tile;
        const bytes = new Uint32Array(data.slice(coding === "solid" ? 0 : 1).buffer);
        this.fill(rect, (i) => bytes[coding === "solid" ? 0 : i]!);
      }
    }
  }

  distance(picture: Picture): number {
    const got = picture.pixels({ x: 0, y: 0, ...this.size }) ?? new Uint8Array(0);
    const wanted = new Uint8Array(this.pixels.buffer);
    let worst = 0;
    for (let i = 0; i < wanted.length; i += 4) {
      const alpha = got[i + 3] ?? 999;
      worst = Math.max(worst, Math.abs(alpha - wanted[i + 3]!));
      for (let c = 0; c < 3; c++) {
        const value = Math.round((got[i + 2 - c]! * alpha) / 255);
        worst = Math.max(worst, Math.abs(value - wanted[i + c]!));
      }
    }
    return worst;
  }

  private resize(size: Size): void {
    const [before, old] = [this.pixels, this.size];
    this.pixels = new Uint32Array(size.w * size.h);
    this.size = size;
    for (let y = 0; y < Math.min(old.h, size.h); y++) {
      this.pixels.set(before.subarray(y * old.w, y * old.w + Math.min(old.w, size.w)), y * size.w);
    }
  }

  private copy(from: Rect, to: Point): void {
    const before = this.pixels.slice();
    const { w } = this.size;
    this.fill({ ...to, w: from.w, h: from.h }, (i) => {
      const [x, y] = [i % from.w, Math.floor(i / from.w)];
      return before[(from.y + y) * w + from.x + x]!;
    });
  }

  private fill({ x, y, w, h }: Rect, value: (index: number) => number): void {
    for (let i = 0; i < w * h; i++) {
      this.pixels[(y + Math.floor(i / w)) * this.size.w + x + (i % w)] = value(i);
    }
  }
}

/** Draws what happens. The generator is mulberry32. */
class Draw {
  constructor(private state: number) {}

  /** A number below `end`. */
  one(end: number): number {
    this.state = (this.state + 0x6d2b_79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % end;
  }

  size(): Size {
    return { w: 20 + this.one(40), h: 20 + this.one(40) };
  }

  /** The ops of an update. The first of a connection may leave gaps only if those may be translucent. */
  ops(size: Size, first: boolean, translucent: boolean): { ops: Op[]; videos: Plain[] } {
    const ops: Op[] = [];
    const videos: Plain[] = [];
    // Without translucent pixels every new one is told; a new size may come with any update.
    if (!translucent || (first && this.one(2) === 0)) ops.push(this.solid({ x: 0, y: 0, ...size }, false));
    if (!translucent && !first && this.one(3) > 0) ops.pop();
    for (let left = this.one(5); left > 0; left--) ops.push(this.op(size, translucent, videos));
    return { ops, videos };
  }

  private op(size: Size, translucent: boolean, videos: Plain[]): Op {
    const rect = this.rect(size);
    switch (this.one(5)) {
      case 0: {
        const colour = this.one(1 << 24);
        videos.push({ rect, colour });
        return { Video: { rect, codec: "h264", stream: 1, keyframe: true, data: new Uint8Array(0) } };
      }
      case 1:
        return this.solid(rect, translucent);
      case 2:
        return this.tile(rect, translucent);
      default: {
        const to = { x: this.one(size.w - rect.w + 1), y: this.one(size.h - rect.h + 1) };
        return { Copy: { from: rect, to } };
      }
    }
  }

  private rect(size: Size): Rect {
    const [w, h] = [1 + this.one(size.w), 1 + this.one(size.h)];
    return { x: this.one(size.w - w + 1), y: this.one(size.h - h + 1), w, h };
  }

  private solid(rect: Rect, translucent: boolean): Op {
    const data = new Uint8Array(Uint32Array.of(this.pixel(translucent)).buffer);
    return { Tile: { rect, coding: "solid", data } };
  }

  private tile(rect: Rect, translucent: boolean): Op {
    const pixels = Uint32Array.from({ length: rect.w * rect.h }, () => this.pixel(translucent));
    return { Tile: { rect, coding: "raw", data: Uint8Array.of(0, ...new Uint8Array(pixels.buffer)) } };
  }

  private pixel(translucent: boolean): number {
    const alpha = translucent && this.one(3) === 0 ? this.one(256) : 255;
    const colour = () => this.one(alpha + 1);
    return ((alpha << 24) | (colour() << 16) | (colour() << 8) | colour()) >>> 0;
  }
}
