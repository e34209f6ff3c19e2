import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Duplicates } from "./duplicates";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const key = Uint8Array.of(1, 7, 8);

it("repeats a message twice, in the first of three packets", () => {
  const sent: Uint8Array[] = [];
  const duplicates = new Duplicates((duplicate) => sent.push(duplicate));
  duplicates.sent(0, key);
  expect(sent).toEqual([]);
  vi.runAllTimers();
  const duplicate = [251, 0, 0, 0, 0, 0, 1, 7, 8];
  expect(sent.map((duplicate) => [...duplicate])).toEqual([
    duplicate,
    duplicate,
    [250, 0, 0, 0, 1, 0, 0, 0, 0],
  ]);
});

it("counts the messages of each channel, and repeats no large one", () => {
  const sent: Uint8Array[] = [];
  const duplicates = new Duplicates((duplicate) => sent.push(duplicate));
  duplicates.sent(0, new Uint8Array(1001));
  duplicates.sent(0, key);
  duplicates.sent(1, key);
  vi.runAllTimers();
  expect(sent.slice(0, 2).map((duplicate) => [...duplicate.subarray(0, 6)])).toEqual([
    [251, 0, 0, 0, 0, 1],
    [251, 1, 0, 0, 0, 0],
  ]);
});
