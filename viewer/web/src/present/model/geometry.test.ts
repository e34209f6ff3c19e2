import { expect, test } from "vitest";
import {
  anchored,
  dragEdge,
  EDGES,
  place,
  placeOver,
  pulledIn,
  reachable,
  snapAt,
  tileRect,
} from "./geometry";

const AREA = { w: 1281, h: 757 };

test("edges snap to halves, corners to quarters, the top to all", () => {
  expect(snapAt({ x: 0, y: 400 }, AREA)).toBe("left");
  expect(snapAt({ x: 1280, y: 400 }, AREA)).toBe("right");
  expect(snapAt({ x: 3, y: 5 }, AREA)).toBe("top-left");
  expect(snapAt({ x: 1280, y: 750 }, AREA)).toBe("bottom-right");
  expect(snapAt({ x: 600, y: 0 }, AREA)).toBe("maximized");
  expect(snapAt({ x: 600, y: 300 }, AREA)).toBeNull();
  expect(snapAt({ x: 600, y: 756 }, AREA), "the taskbar is no place to snap").toBeNull();
});

test("halves and quarters cover the work area without gap or overlap", () => {
  const area = (tile: Parameters<typeof tileRect>[0]) => tileRect(tile, AREA).w * tileRect(tile, AREA).h;
  expect(area("left") + area("right")).toBe(AREA.w * AREA.h);
  const quarters = ["top-left", "top-right", "bottom-left", "bottom-right"] as const;
  expect(quarters.reduce((sum, tile) => sum + area(tile), 0)).toBe(AREA.w * AREA.h);
  expect(tileRect("right", AREA).x).toBe(tileRect("left", AREA).w);
});

test("new windows step down from one another and never share a place", () => {
  const taken: { x: number; y: number }[] = [];
  for (let n = 0; n < 60; n++) {
    const at = place({ w: 500, h: 400 }, AREA, taken);
    expect(taken).not.toContainEqual(at);
    expect(at.x + 500).toBeLessThanOrEqual(AREA.w);
    expect(at.y + 400).toBeLessThanOrEqual(AREA.h);
    taken.push(at);
  }
  expect(taken[1]).toEqual({ x: taken[0]!.x + 28, y: taken[0]!.y + 28 });
});

test("a window larger than the work area begins at its corner", () => {
  expect(place({ w: 5000, h: 5000 }, AREA, [])).toEqual({ x: 0, y: 0 });
});

test("a new window steps on from the newest, whatever their sizes", () => {
  expect(
    place({ w: 300, h: 200 }, AREA, [
      { x: 700, y: 5 },
      { x: 100, y: 50 },
    ]),
  ).toEqual({ x: 128, y: 78 });
  const low = place({ w: 300, h: 200 }, AREA, [{ x: 100, y: 700 }]);
  expect(low.y).toBeLessThan(28);
});

test("dialogs stand over what they belong to, within the work area", () => {
  const at = placeOver({ w: 200, h: 100 }, { x: 400, y: 100, w: 600, h: 400 }, AREA);
  expect(at).toEqual({ x: 600, y: 200 });
  expect(placeOver({ w: 200, h: 100 }, { x: -300, y: -80, w: 300, h: 100 }, AREA)).toEqual({ x: 0, y: 0 });
});

test("no window can be dragged out of reach", () => {
  const outer = { w: 300, h: 200 };
  for (const x of [-9999, -250, 0, 1200, 9999]) {
    for (const y of [-9999, 0, 740, 9999]) {
      const at = reachable({ x, y }, outer, AREA, 34);
      expect(at.x + outer.w).toBeGreaterThanOrEqual(64);
      expect(at.x).toBeLessThanOrEqual(AREA.w - 64);
      expect(at.y).toBeGreaterThanOrEqual(0);
      expect(at.y + 34).toBeLessThanOrEqual(AREA.h);
    }
  }
});

test("the edges that are not dragged stay where they are, whatever size comes of it", () => {
  const start = { x: 100, y: 50, w: 300, h: 200 };
  for (const edge of EDGES) {
    const { w, h } = dragEdge(start, edge, 37, -21);
    // The app takes a few pixels less.
    const size = { w: w - 4, h: h - 9 };
    const at = anchored(start, edge, size);
    if (edge.includes("w")) expect(at.x + size.w).toBe(start.x + start.w);
    else expect(at.x).toBe(start.x);
    if (edge.includes("n")) expect(at.y + size.h).toBe(start.y + start.h);
    else expect(at.y).toBe(start.y);
  }
});

test("in a smaller room every title bar and its buttons are within, and in the old one all is where it was", () => {
  const roomy = { w: 1280, h: 800 };
  const bar = 30;
  for (let n = 0; n < 400; n++) {
    const outer = { w: 100 + ((n * 37) % 500), h: 60 + ((n * 53) % 400) };
    const at = { x: (n * 91) % (roomy.w - outer.w), y: (n * 67) % (roomy.h - outer.h) };
    const small = { w: 600 + ((n * 29) % 680), h: 460 + ((n * 31) % 340) };
    const { x, y } = pulledIn(at, outer, small, bar, roomy);
    expect(x).toBeGreaterThanOrEqual(0);
    expect(x + outer.w).toBeLessThanOrEqual(small.w);
    expect(y).toBeGreaterThanOrEqual(0);
    expect(y + outer.h).toBeLessThanOrEqual(small.h);
    expect(pulledIn(at, outer, roomy, bar, roomy)).toEqual(at);
    expect(pulledIn(at, outer, { w: 2000, h: 1200 }, bar, roomy)).toEqual(at);
  }
  // What was put half outside by hand stays so, where there is as much room as then.
  expect(pulledIn({ x: 1200, y: 10 }, { w: 300, h: 200 }, roomy, bar, roomy)).toEqual({ x: 1200, y: 10 });
});
