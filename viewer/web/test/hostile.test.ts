/** A host that cannot be trusted: what it says is made fit to be shown, and what it sends has bounds. */

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

import type { Op, ToViewer, TrackId, Window } from "../src/protocol/types";
import type { Action } from "../src/session/action";
import { clean } from "../src/session/sane";
import { Scene, told, update, window } from "./session.fixture";

type Geometry = Pick<Window, "position" | "size" | "scale" | "limits">;
interface Vectors {
  texts: [string, string][];
  windows: [Geometry, Geometry][];
}
const file = new URL("../../../protocol/vectors/hostile.json", import.meta.url);
const { texts, windows } = JSON.parse(readFileSync(file, "utf8")) as Vectors;
const closed = (reason: string) => ({
  is: "closed",
  end: { why: "protocol", reason: expect.stringContaining(reason) as string },
});

describe("what a host says", () => {
  test("is cleaned", () => {
    for (const [text, cleaned] of texts) expect(clean(text)).toBe(cleaned);
    expect(clean("ä".repeat(1024))).toBe("ä".repeat(512));
  });

  test("of windows is brought within bounds before anybody hears of it", () => {
    for (const [given, expected] of windows) {
      const scene = new Scene();
      const heard = told(scene.join([window(1, { ...given, title: "bank\u0000\u202eknab" })]));
      expect(heard).toContainEqual({ on: "window", window: window(1, { ...expected, title: "bankknab" }) });
    }
  });

  test("of the end is cleaned too", () => {
    const scene = new Scene();
    scene.join();
    scene.hear({ Goodbye: { reason: "over\u001b[31m" } });
    expect(scene.viewer.state).toMatchObject({ end: { reason: "over[31m" } });
  });

  test("of parents makes no circle", () => {
    const scene = new Scene();
    const popup = (track: number, parent: number) => window(track, { kind: "popup", parent });
    scene.join([popup(1, 1), popup(2, 3), popup(3, 4), popup(4, 2)]);
    const parents = [1, 2, 3, 4].map((track) => scene.viewer.window(track)?.window.parent);
    expect(parents).toEqual([null, 3, 4, null]);
  });
});

describe("what a host sends", () => {
  const huge = { w: 8192, h: 8192 };
  const solid: Op = {
    Tile: { rect: { x: 0, y: 0, ...huge }, coding: "solid", data: Uint8Array.of(1, 2, 3, 255) },
  };

  test("of pixels is bounded over all tracks; what is gone counts no more", () => {
    const scene = new Scene();
    scene.join([]);
    for (let track = 1; track <= 100; track++) {
      scene.hear({ Window: window(track) });
      scene.viewer.handleUpdate(scene.now, update(1, { track, size: huge, ops: [solid] }));
      scene.hear({ WindowGone: { track } });
    }
    expect(scene.viewer.state).toMatchObject({ is: "live" });
    const some = Array.from({ length: 9 }, (_, n) => 101 + n);
    for (const track of some) {
      expect(scene.viewer.state).toMatchObject({ is: "live" });
      scene.hear({ Window: window(track) });
      scene.viewer.handleUpdate(scene.now, update(1, { track, size: huge, ops: [solid] }));
    }
    expect(scene.viewer.state).toMatchObject(closed("million pixels"));
  });

  test("out of order is bounded by bytes over all tracks", () => {
    const scene = new Scene();
    const tracks = [1, 2, 3, 4, 5, 6, 7, 8, 9];
    scene.join(tracks.map((track) => window(track)));
    const data = new Uint8Array(1 << 20);
    const rect = { x: 0, y: 0, w: 4, h: 3 };
    const ops: Op[] = Array.from({ length: 31 }, () => ({ Tile: { rect, coding: "raw", data } }));
    for (const track of tracks.slice(0, 8)) scene.viewer.handleUpdate(scene.now, update(2, { track, ops }));
    // One that came twice holds nothing more.
    for (let n = 0; n < 9; n++) scene.viewer.handleUpdate(scene.now, update(2, { track: 1, ops }));
    expect(scene.viewer.state).toMatchObject({ is: "live" });
    scene.viewer.handleUpdate(scene.now, update(2, { track: 9, ops }));
    expect(scene.viewer.state).toMatchObject(closed("cannot be shown yet"));
  });

  test("and was applied, or is gone, holds nothing", () => {
    const scene = new Scene();
    const ops: Op[] = [
      { Tile: { rect: { x: 0, y: 0, w: 4, h: 3 }, coding: "raw", data: new Uint8Array(31 << 20) } },
    ];
    scene.join([window(1)]);
    for (let id = 1; id <= 20; id++) {
      scene.viewer.handleUpdate(scene.now, update(id, { track: 1, ops }));
      scene.viewer.handleApplied(scene.now, 1, id, { whole: null, decoded: scene.now });
    }
    for (let track = 2; track <= 20; track++) {
      scene.hear({ Window: window(track) });
      scene.viewer.handleUpdate(scene.now, update(1, { track, ops }));
      scene.viewer.handleUpdate(scene.now, update(3, { track, ops }));
      scene.hear({ WindowGone: { track } });
    }
    expect(scene.viewer.state).toMatchObject({ is: "live" });
  });
});

/** Whatever is drawn here may come from a host; the same numbers come again for the same seed. */
class Dice {
  constructor(private state: number) {}

  below(n: number): number {
    this.state = (Math.imul(this.state, 1664525) + 1013904223) >>> 0;
    return Math.floor((this.state / 2 ** 32) * n);
  }

  one<T>(...of: T[]): T {
    return of[this.below(of.length)] as T;
  }

  track = (): TrackId => this.one(0, 1, 2, 3, 4, 5, 6, 2 ** 32 - 1);
  length = () => this.one(0, 1, 640, 8192, 65_536, 2 ** 32 - 1);
  place = () => this.one(0, 7, -(2 ** 31), 2 ** 31 - 1);
  time = () => this.one(0, 5_000_000, Number.MAX_SAFE_INTEGER);
  size = () => ({ w: this.length(), h: this.length() });
  rect = () => ({ x: this.place(), y: this.place(), ...this.size() });
  maybe = <T>(of: T): T | null => this.one(of, null);
  text = () => this.one("bank", "a\u0000b", "\u001b[31m", "\u202egpj", "\u2067\n\u009b", "ä".repeat(3000));

  window(): Window {
    const { size, maybe } = this;
    const limits = { min: maybe(size()), max: maybe(size()), increment: maybe(size()), base: maybe(size()) };
    return window(this.track(), {
      ...{ kind: this.one("toplevel", "popup"), parent: maybe(this.track()), limits, size: size() },
      ...{ title: this.text(), app_id: this.text(), position: { x: this.place(), y: this.place() } },
      scale: this.one(0, 1, 60, 180, 2 ** 32 - 1),
    });
  }

  message(): ToViewer {
    const track = this.track();
    const caret = this.rect();
    return this.one<ToViewer>(
      ...Array.from({ length: 6 }, () => ({ Window: this.window() })),
      ...[{ WindowGone: { track } }, { Bell: { track } }, { Seat: { held: this.one(true, false) } }],
      { TextInput: { track, input: { caret, purpose: "normal", multiline: false } } },
      { PointerLock: { track: this.maybe(track) } },
      { Pong: { viewer: this.time(), host: this.time() } },
      { Notice: { app: this.text(), kind: "ended" } },
      { Clipboard: { Offer: { mimes: [this.text()] } } },
    );
  }
}

/** What front ends know of windows; what cannot be shown is an error. */
class Front {
  private readonly windows = new Map<TrackId, Window>();

  hear(action: Action): void {
    if (action.do === "apply") expect(this.windows.has(action.update.track)).toBe(true);
    if (action.do !== "tell") return;
    const { event } = action;
    if (event.on === "window-gone") this.windows.delete(event.track);
    if (event.on !== "window") return;
    const { window } = event;
    for (const text of [window.title, window.app_id]) {
      expect(text).not.toMatch(/[\p{Cc}\u202e\u2067]/u);
      expect(new TextEncoder().encode(text).length).toBeLessThanOrEqual(1024);
    }
    const { size, scale } = window;
    const { min, max } = window.limits;
    expect(Math.min(size.w, size.h)).toBeGreaterThan(0);
    expect(Math.max(size.w, size.h)).toBeLessThanOrEqual(16_384);
    expect(scale >= 60 && scale <= 960).toBe(true);
    if (min !== null && max !== null) expect(min.w <= max.w && min.h <= max.h).toBe(true);
    this.windows.set(window.track, window);
    let depth = 0;
    for (let at: TrackId | null = window.track; at !== null; at = this.windows.get(at)?.parent ?? null) {
      expect(depth++).toBeLessThanOrEqual(this.windows.size);
    }
  }
}

test("whatever a host says can be shown, and ends nothing but its link", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const dice = new Dice(seed);
    const scene = new Scene();
    const front = new Front();
    scene.join([]).forEach((action) => front.hear(action));
    for (let step = 0; step < 60; step++) {
      scene.now += 7000;
      const wasOver = scene.viewer.state.is === "closed";
      const what = dice.below(4);
      const [track, id] = [dice.track(), dice.one(1, 1, 2, 3, Number.MAX_SAFE_INTEGER)];
      if (what < 2) scene.hear(dice.message());
      else if (what === 2)
        scene.viewer.handleUpdate(
          scene.now,
          update(id, { track, size: { w: dice.one(0, 1, 640, 8192), h: 640 } }),
        );
      else scene.viewer.handleApplied(scene.now, track, id, { whole: null, decoded: scene.now });
      scene.viewer.handleTimeout(scene.now);
      for (const action of scene.done()) {
        const shows = action.do === "apply" || (action.do === "tell" && action.event.on === "window");
        expect(wasOver && shows).toBe(false);
        front.hear(action);
      }
    }
  }
});
