import { expect, test } from "vitest";

import type { Rect, States } from "../../protocol/types";
import { covered } from "./coverage";
import { remote } from "./remote.fixture";
import { Toplevel, type Mode } from "./toplevel";

interface Given {
  rect: Rect;
  bar?: number;
  mode?: Mode;
  states?: Partial<States>;
}

function toplevel(track: number, { rect, bar = 0, mode = "normal", states = {} }: Given): Toplevel {
  const one = new Toplevel(remote(track, { states: { ...remote(track).states, ...states } }));
  one.at = { x: rect.x, y: rect.y };
  one.bar = bar;
  one.shown = { w: rect.w, h: rect.h - bar };
  one.mode = mode;
  return one;
}

const seen = (...given: Given[]) => [...covered(given.map((one, index) => toplevel(index + 1, one)))].sort();

const behind = { x: 100, y: 100, w: 200, h: 150 };

test("a window under one that is larger is covered, and one that looks out at any side is not", () => {
  expect(seen({ rect: behind }, { rect: { x: 80, y: 80, w: 240, h: 190 }, bar: 34 })).toEqual([1]);
  expect(seen({ rect: { x: 80, y: 80, w: 240, h: 190 } }, { rect: behind })).toEqual([]);
  for (const [x, y] of [
    [1, 0],
    [-1, 0],
    [0, 1],
    [0, -1],
  ] as const) {
    expect(seen({ rect: behind }, { rect: { ...behind, x: behind.x + x, y: behind.y + y } })).toEqual([]);
  }
});

test("two cover together what neither covers alone", () => {
  const lower = { rect: { x: 80, y: 80, w: 120, h: 300 } };
  const upper = { rect: { x: 180, y: 80, w: 200, h: 300 } };
  expect(seen({ rect: behind }, lower)).toEqual([]);
  expect(seen({ rect: behind }, upper)).toEqual([]);
  expect(seen({ rect: behind }, lower, upper)).toEqual([1]);
});

test("what lies under a round corner is seen, unless the window fills its place", () => {
  const corner = { x: 80, y: 80, w: 9, h: 9 };
  const above = { x: 80, y: 80, w: 240, h: 190 };
  expect(seen({ rect: corner }, { rect: above })).toEqual([]);
  expect(seen({ rect: corner }, { rect: above, mode: "maximized" })).toEqual([1]);
});

test("an app that draws its own frame covers nothing, unless it fills its place", () => {
  const states = { client_decorated: true };
  const above = { x: 0, y: 0, w: 800, h: 600 };
  expect(seen({ rect: behind }, { rect: above, states })).toEqual([]);
  expect(seen({ rect: behind }, { rect: above, states, mode: "maximized" })).toEqual([1]);
});

test("a window is covered only if no pixel of it is seen, whatever lies where", () => {
  let state = 12345;
  const random = (below: number) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 8) % below;
  };
  let both = [0, 0];
  for (let round = 0; round < 2000; round++) {
    const given = Array.from({ length: 2 + random(5) }, (): Given => {
      const rect = { x: random(60), y: random(60), w: 26 + random(60), h: 26 + random(60) };
      return { rect, mode: random(2) === 0 ? "maximized" : "normal" };
    });
    const found = seen(...given);
    given.forEach(({ rect }, index) => {
      const over = given.slice(index + 1);
      const hidden = everyPixel(rect, (x, y) => over.some((one) => hides(one, x, y)));
      expect(found.includes(index + 1), `${round}: ${JSON.stringify(given)}`).toBe(hidden);
      both[hidden ? 0 : 1]!++;
    });
  }
  expect(Math.min(...both), "both are tried").toBeGreaterThan(100);
});

function everyPixel({ x, y, w, h }: Rect, holds: (x: number, y: number) => boolean): boolean {
  for (let row = y; row < y + h; row++) {
    for (let column = x; column < x + w; column++) if (!holds(column, row)) return false;
  }
  return true;
}

function hides({ rect, mode }: Given, x: number, y: number): boolean {
  const inside = x >= rect.x && y >= rect.y && x < rect.x + rect.w && y < rect.y + rect.h;
  const aside = x < rect.x + 12 || x >= rect.x + rect.w - 12;
  return inside && (mode !== "normal" || !(aside && y < rect.y + 12));
}
