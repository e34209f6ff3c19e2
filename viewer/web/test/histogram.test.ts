import { expect, test } from "vitest";

import { Histogram } from "../src/session/histogram";

test("quantiles are right to a few percent", () => {
  const histogram = new Histogram();
  expect(histogram.quantile(0.5)).toBeNull();
  for (let micros = 1; micros <= 10_000; micros++) histogram.record(micros);
  for (const [share, expected] of [
    [0.5, 5_000],
    [0.95, 9_500],
    [0.99, 9_900],
  ] as const) {
    expect(Math.abs((histogram.quantile(share) ?? 0) / expected - 1)).toBeLessThan(0.07);
  }
});

test("the ends of the range are counted", () => {
  const histogram = new Histogram();
  histogram.record(0);
  histogram.record(Number.MAX_SAFE_INTEGER);
  expect(histogram.count).toBe(2);
  expect(histogram.quantile(1)).not.toBeNull();
});
