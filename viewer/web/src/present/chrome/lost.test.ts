import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Lost, stageOf } from "./lost";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("says what to check after half a minute and what to do later, once each", () => {
  const said: string[] = [];
  const lost = new Lost((stage) => said.push(stage));
  lost.begin();
  vi.advanceTimersByTime(20_000);
  // Another attempt failed.
  lost.begin();
  expect(said).toEqual(["lost"]);
  vi.advanceTimersByTime(10_000);
  expect(said).toEqual(["lost", "check"]);
  vi.advanceTimersByTime(600_000);
  expect(said).toEqual(["lost", "check", "gone"]);
  lost.end();
  lost.begin();
  lost.end();
  vi.advanceTimersByTime(600_000);
  expect(said).toEqual(["lost", "check", "gone", "lost"]);
  expect(stageOf(5, 5)).toBe("lost");
});
