import { expect, test } from "vitest";
import { areNear } from "./near";

test("fingers are near where a screen can be touched, until a mouse is used, and where one touched", () => {
  expect(areNear(true, null)).toBe(true);
  expect(areNear(false, null)).toBe(false);
  expect(areNear(true, "mouse")).toBe(false);
  expect(areNear(true, "finger")).toBe(true);
  expect(areNear(false, "finger")).toBe(true);
});
