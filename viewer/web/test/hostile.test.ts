/** A host that cannot be trusted: what it says is made fit to be shown, and what it sends has bounds. */

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

import type { Op, Window } from "../src/protocol/types";
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
