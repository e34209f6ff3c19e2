import { expect, it } from "vitest";
import { RetransmitBuffer, MAX_PARTS, PART_BYTES } from "./retransmit";

const numbers = (retransmissions: Uint8Array[]) =>
  retransmissions.map((retransmission) => [...retransmission.subarray(5, 8)]);

it("repeats what went out long ago, part by part", () => {
  const buffer = new RetransmitBuffer();
  for (const size of [100, 1500, 200]) buffer.push(0, 1, new Uint8Array(size));
  expect(buffer.retransmissions(50, [1, 0], 0, 20)).toEqual([]);
  const retransmissions = buffer.retransmissions(80, [1, 1], 0, 20);
  expect(numbers(retransmissions)).toEqual([
    [1, 0, 2],
    [1, 1, 2],
    [2, 0, 1],
  ]);
  expect(retransmissions.map(({ length }) => length)).toEqual([8 + PART_BYTES, 8 + 500, 8 + 200]);
});

it("leaves alone what has not gone out yet", () => {
  const buffer = new RetransmitBuffer();
  for (const size of [100, 200]) buffer.push(0, 0, new Uint8Array(size));
  expect(numbers(buffer.retransmissions(1000, [0, 0], 150, 0))).toEqual([[0, 0, 1]]);
});

it("keeps no more than it may, and nothing for long", () => {
  const buffer = new RetransmitBuffer();
  for (let at = 0; at < 1000; at++) buffer.push(0, 0, new Uint8Array(8000));
  expect(buffer.retransmissions(1000, [0, 0], 0, 0)).toEqual([]);
  expect(buffer.retransmissions(1000, [0, 999], 0, 0)).toHaveLength(4);
  buffer.push(20_000, 0, Uint8Array.of(1));
  expect(buffer.retransmissions(21_000, [0, 999], 0, 0)).toEqual([]);
  expect(buffer.retransmissions(21_000, [0, 1000], 0, 0)).toHaveLength(1);
  expect(buffer.retransmissions(21_000, [0, 77_777], 0, 0)).toEqual([]);
});

it("answers one question with little, and the next with what follows", () => {
  const buffer = new RetransmitBuffer();
  for (let at = 0; at < 2; at++) buffer.push(0, 0, new Uint8Array(5 * PART_BYTES));
  buffer.push(0, 0, new Uint8Array(MAX_PARTS * PART_BYTES + 1));
  const answer = () =>
    numbers(buffer.retransmissions(1000, [0, 0], 0, 0)).map(([number, part]) => [number, part]);
  expect(answer()).toEqual([0, 1, 2, 3].map((part) => [0, part]));
  expect(answer()).toEqual([4, 0, 1, 2].map((part) => [0, part]));
  expect(buffer.retransmissions(1000, [0, 2], 0, 0)).toEqual([]);
});
