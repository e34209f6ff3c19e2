import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Duplicates } from "./duplicates";
import { InOrder } from "./in-order";
import { RetransmitBuffer } from "./retransmit";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** What came whole, and what was asked for. */
function end() {
  const whole: string[] = [];
  const asked: [number, number][] = [];
  const questions: Uint8Array[] = [];
  const inOrder = new InOrder({
    whole: (channel, message) => whole.push(`${channel}: ${String.fromCharCode(...message)}`),
    asked: (channel, number) => asked.push([channel, number]),
    ask: (question) => questions.push(question),
  });
  return { inOrder, whole, asked, questions };
}

const bytes = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
const duplicate = (number: number, text: string) => Uint8Array.of(251, 0, 0, 0, 0, number, ...bytes(text));

it("takes each message once and in order, whether it or its duplicate comes first", () => {
  const { inOrder, whole } = end();
  expect(inOrder.handleUnreliable(duplicate(1, "b"))).toBe(true);
  expect(whole).toEqual([]);
  inOrder.handleUnreliable(duplicate(0, "a"));
  expect(whole).toEqual(["0: a", "0: b"]);
  inOrder.handleUnreliable(duplicate(0, "a"));
  for (const letter of "abc") inOrder.handleReliable(0, bytes(letter));
  inOrder.handleReliable(1, bytes("x"));
  expect(whole).toEqual(["0: a", "0: b", "0: c", "1: x"]);
});

it("tells what is about other messages from what is not", () => {
  const { inOrder, whole, asked } = end();
  expect(inOrder.handleUnreliable(Uint8Array.of(255))).toBe(false);
  expect(inOrder.handleUnreliable(Uint8Array.of())).toBe(false);
  for (const kind of [248, 249, 250, 251]) {
    expect(inOrder.handleUnreliable(Uint8Array.of(kind))).toBe(true);
    expect(inOrder.handleUnreliable(Uint8Array.of(kind, 9, 0, 0, 0, 0, 1, 1))).toBe(true);
  }
  expect(inOrder.handleUnreliable(Uint8Array.of(249, 1, 0, 0, 0, 7))).toBe(true);
  expect(asked).toEqual([[1, 7]]);
  expect(whole).toEqual([]);
});

it("asks for what it knows to be missing until it comes", () => {
  const { inOrder, whole, questions } = end();
  inOrder.handleUnreliable(Uint8Array.of(250, 0, 0, 0, 0, 0, 0, 0, 2));
  vi.advanceTimersByTime(59);
  expect(questions).toEqual([]);
  vi.advanceTimersByTime(1 + 100);
  expect(questions.map((question) => [...question])).toEqual([
    [249, 1, 0, 0, 0, 0],
    [249, 1, 0, 0, 0, 0],
  ]);
  inOrder.handleUnreliable(Uint8Array.of(248, 1, 0, 0, 0, 0, 1, 2, ...bytes("lo")));
  inOrder.handleUnreliable(Uint8Array.of(248, 1, 0, 0, 0, 0, 0, 2, ...bytes("hel")));
  expect(whole).toEqual(["1: hello"]);
  vi.advanceTimersByTime(60);
  expect([...questions.at(-1)!]).toEqual([249, 1, 0, 0, 0, 1]);
  inOrder.handleReliable(1, bytes("hello"));
  inOrder.handleReliable(1, bytes("you"));
  vi.advanceTimersByTime(10_000);
  expect(questions).toHaveLength(3);
});

it("needs no SCTP where it is asked for what is missing", () => {
  const { inOrder, whole, questions } = end();
  const buffer = new RetransmitBuffer();
  const way: Uint8Array[] = [];
  const duplicates = new Duplicates((duplicate) => way.push(duplicate));
  const texts = ["a".repeat(3000), "b", "c".repeat(8000), "d".repeat(2000), "e"];
  for (const text of texts) {
    duplicates.sent(0, bytes(text));
    buffer.push(performance.now(), 0, bytes(text));
  }
  for (let round = 0; round < 50; round++) {
    vi.advanceTimersByTime(10);
    for (const packet of way.splice(0)) inOrder.handleUnreliable(packet);
    for (const question of questions.splice(0)) {
      const number = new DataView(question.buffer).getUint32(2);
      way.push(...buffer.retransmissions(performance.now(), [question[1]!, number], 0, 20));
    }
  }
  expect(whole).toEqual(texts.map((text) => `0: ${text}`));
});
