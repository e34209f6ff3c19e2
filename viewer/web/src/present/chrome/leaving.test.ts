import { expect, test } from "vitest";
import { isRash } from "./leaving";

test("the browser asks who typed lately, while there are apps, and nobody else", () => {
  const now = 1_000_000;
  expect(isRash(now, now - 1_000, true)).toBe(true);
  expect(isRash(now, now - 1_000, false)).toBe(false);
  expect(isRash(now, now - 61_000, true)).toBe(false);
  expect(isRash(now, null, true)).toBe(false);
});
