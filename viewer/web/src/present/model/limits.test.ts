import { expect, test } from "vitest";
import type { SizeLimits } from "../../protocol/types";
import { allowed, resizable, SMALLEST } from "./limits";

const NONE: SizeLimits = { min: null, max: null, increment: null, base: null };

test("without limits every sensible size is allowed", () => {
  expect(allowed({ w: 640, h: 480 }, NONE)).toEqual({ w: 640, h: 480 });
  expect(allowed({ w: -5, h: 3 }, NONE)).toEqual(SMALLEST);
});

test("minimum and maximum bound each length by itself", () => {
  const limits = { ...NONE, min: { w: 200, h: 100 }, max: { w: 400, h: 300 } };
  expect(allowed({ w: 10, h: 200 }, limits)).toEqual({ w: 200, h: 200 });
  expect(allowed({ w: 900, h: 900 }, limits)).toEqual({ w: 400, h: 300 });
});

test("terminals get whole characters, counted from their base", () => {
  const limits = { ...NONE, increment: { w: 9, h: 18 }, base: { w: 4, h: 2 } };
  expect(allowed({ w: 100 * 9 + 4 + 8, h: 30 * 18 + 2 + 17 }, limits)).toEqual({ w: 904, h: 542 });
});

test("steps never lead below the minimum", () => {
  const limits = { ...NONE, min: { w: 130, h: 40 }, increment: { w: 9, h: 18 }, base: { w: 4, h: 2 } };
  const { w, h } = allowed({ w: 1, h: 1 }, limits);
  expect(w).toBeGreaterThanOrEqual(130);
  expect((w - 4) % 9).toBe(0);
  expect(h).toBeGreaterThanOrEqual(40);
  expect((h - 2) % 18).toBe(0);
});

test("a window that is smaller than what we think sensible keeps its size", () => {
  const fixed = { ...NONE, min: { w: 50, h: 20 }, max: { w: 50, h: 20 } };
  expect(allowed({ w: 500, h: 500 }, fixed)).toEqual({ w: 50, h: 20 });
  expect(resizable(fixed)).toBe(false);
  expect(resizable({ ...fixed, max: { w: 50, h: 400 } })).toBe(true);
  expect(resizable(NONE)).toBe(true);
});

test("limits that contradict each other do not loop or yield nothing", () => {
  const { w, h } = allowed({ w: 10, h: 10 }, { ...NONE, min: { w: 300, h: 300 }, max: { w: 100, h: 100 } });
  expect([w, h]).toEqual([300, 300]);
});
