import { expect, test } from "vitest";
import { align, fitting, isOf, scaleOf, shownSize, toPixels, unit } from "./scale";

/** Ratios that screens and zoomed pages really have. */
const RATIOS = [0.5, 0.67, 0.75, 0.9, 1, 1.1, 1.25, 1.3333333730697632, 1.5, 1.75, 2, 2.625, 3, 3.5];

test("scales are the screen's ratio in 120ths, within what hosts accept", () => {
  expect(scaleOf(1)).toBe(120);
  expect(scaleOf(1.5)).toBe(180);
  expect(scaleOf(1.100000023841858)).toBe(132);
  expect(scaleOf(0.25)).toBe(60);
  expect(scaleOf(20)).toBe(960);
  expect(scaleOf(Number.NaN)).toBe(120);
});

test("aligned places are whole device pixels, and nearest", () => {
  for (const dpr of RATIOS) {
    for (let css = -50; css < 50; css += 0.37) {
      const aligned = align(css, dpr);
      expect(aligned * dpr).toBeCloseTo(Math.round(css * dpr), 9);
      expect(Math.abs(aligned - css)).toBeLessThanOrEqual(0.5 / dpr + 1e-9);
    }
  }
});

test("pixels are rounded as the host rounds them", () => {
  expect(toPixels(101, 180)).toBe(152);
  expect(toPixels(33, 180)).toBe(50);
  expect(toPixels(7, 120)).toBe(7);
});

test("a picture is of a window's present size, to a pixel, or still of another", () => {
  expect(isOf({ w: 152, h: 50 }, { w: 101, h: 33 }, 180)).toBe(true);
  expect(isOf({ w: 151, h: 49 }, { w: 101, h: 33 }, 180)).toBe(true);
  expect(isOf({ w: 150, h: 50 }, { w: 101, h: 33 }, 180)).toBe(false);
  expect(isOf({ w: 152, h: 66 }, { w: 101, h: 33 }, 180)).toBe(false);
});

test("what fits is the largest that does", () => {
  for (const dpr of RATIOS) {
    for (const css of [1, 390, 844, 1279.5, 1920]) {
      const logical = fitting(css, dpr);
      const scale = scaleOf(dpr);
      if (logical > 1) expect(toPixels(logical, scale)).toBeLessThanOrEqual(css * dpr + 0.01);
      expect(toPixels(logical + 1, scale)).toBeGreaterThan(css * dpr);
    }
  }
});

test("a shown picture has exactly the screen's pixels", () => {
  for (const dpr of RATIOS) {
    const { w, h } = shownSize({ w: 641, h: 479 }, dpr);
    expect(w * dpr).toBeCloseTo(toPixels(641, scaleOf(dpr)), 9);
    expect(h * dpr).toBeCloseTo(toPixels(479, scaleOf(dpr)), 9);
    expect(unit(dpr, scaleOf(dpr))).toBeCloseTo(1, 1);
  }
});
