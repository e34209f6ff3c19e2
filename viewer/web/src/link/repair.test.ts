import { expect, it } from "vitest";
import { Kept, MAX_PARTS, PART } from "./repair";

const numbers = (repairs: Uint8Array[]) => repairs.map((repair) => [...repair.subarray(5, 8)]);

it("repairs what went out long ago, part by part", () => {
  const kept = new Kept();
  for (const size of [100, 1500, 200]) kept.given(0, 1, new Uint8Array(size));
  expect(kept.repairs(50, [1, 0], 0, 20)).toEqual([]);
  const repairs = kept.repairs(80, [1, 1], 0, 20);
  expect(numbers(repairs)).toEqual([
    [1, 0, 2],
    [1, 1, 2],
    [2, 0, 1],
  ]);
  expect(repairs.map(({ length }) => length)).toEqual([8 + PART, 8 + 500, 8 + 200]);
});

it("leaves alone what has not gone out yet", () => {
  const kept = new Kept();
  for (const size of [100, 200]) kept.given(0, 0, new Uint8Array(size));
  expect(numbers(kept.repairs(1000, [0, 0], 150, 0))).toEqual([[0, 0, 1]]);
});

it("keeps no more than it may, and nothing for long", () => {
  const kept = new Kept();
  for (let at = 0; at < 1000; at++) kept.given(0, 0, new Uint8Array(8000));
  expect(kept.repairs(1000, [0, 0], 0, 0)).toEqual([]);
  expect(kept.repairs(1000, [0, 999], 0, 0)).toHaveLength(4);
  kept.given(20_000, 0, Uint8Array.of(1));
  expect(kept.repairs(21_000, [0, 999], 0, 0)).toEqual([]);
  expect(kept.repairs(21_000, [0, 1000], 0, 0)).toHaveLength(1);
  expect(kept.repairs(21_000, [0, 77_777], 0, 0)).toEqual([]);
});

it("answers one question with little, and the next with what follows", () => {
  const kept = new Kept();
  for (let at = 0; at < 2; at++) kept.given(0, 0, new Uint8Array(5 * PART));
  kept.given(0, 0, new Uint8Array(MAX_PARTS * PART + 1));
  const answer = () => numbers(kept.repairs(1000, [0, 0], 0, 0)).map(([number, part]) => [number, part]);
  expect(answer()).toEqual([0, 1, 2, 3].map((part) => [0, part]));
  expect(answer()).toEqual([4, 0, 1, 2].map((part) => [0, part]));
  expect(kept.repairs(1000, [0, 2], 0, 0)).toEqual([]);
});
