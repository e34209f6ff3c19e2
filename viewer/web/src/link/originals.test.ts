import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Echoes } from "./echo";
import { Originals } from "./originals";
import { Kept } from "./repair";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** What came whole, and what was asked for. */
function end() {
  const whole: string[] = [];
  const asked: [number, number][] = [];
  const questions: Uint8Array[] = [];
  const originals = new Originals({
    whole: (channel, message) => whole.push(`${channel}: ${String.fromCharCode(...message)}`),
    asked: (channel, number) => asked.push([channel, number]),
    ask: (question) => questions.push(question),
  });
  return { originals, whole, asked, questions };
}

const bytes = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
const echo = (number: number, text: string) => Uint8Array.of(251, 0, 0, 0, 0, number, ...bytes(text));

it("takes each message once and in order, whether it or its echo comes first", () => {
  const { originals, whole } = end();
  expect(originals.heard(echo(1, "b"))).toBe(true);
  expect(whole).toEqual([]);
  originals.heard(echo(0, "a"));
  expect(whole).toEqual(["0: a", "0: b"]);
  originals.heard(echo(0, "a"));
  for (const letter of "abc") originals.came(0, bytes(letter));
  originals.came(1, bytes("x"));
  expect(whole).toEqual(["0: a", "0: b", "0: c", "1: x"]);
});

it("tells what is about other messages from what is not", () => {
  const { originals, whole, asked } = end();
  expect(originals.heard(Uint8Array.of(255))).toBe(false);
  expect(originals.heard(Uint8Array.of())).toBe(false);
  for (const kind of [248, 249, 250, 251]) {
    expect(originals.heard(Uint8Array.of(kind))).toBe(true);
    expect(originals.heard(Uint8Array.of(kind, 9, 0, 0, 0, 0, 1, 1))).toBe(true);
  }
  expect(originals.heard(Uint8Array.of(249, 1, 0, 0, 0, 7))).toBe(true);
  expect(asked).toEqual([[1, 7]]);
  expect(whole).toEqual([]);
});

it("asks for what it knows to be missing until it comes", () => {
  const { originals, whole, questions } = end();
  originals.heard(Uint8Array.of(250, 0, 0, 0, 0, 0, 0, 0, 2));
  vi.advanceTimersByTime(59);
  expect(questions).toEqual([]);
  vi.advanceTimersByTime(1 + 100);
  expect(questions.map((question) => [...question])).toEqual([
    [249, 1, 0, 0, 0, 0],
    [249, 1, 0, 0, 0, 0],
  ]);
  originals.heard(Uint8Array.of(248, 1, 0, 0, 0, 0, 1, 2, ...bytes("lo")));
  originals.heard(Uint8Array.of(248, 1, 0, 0, 0, 0, 0, 2, ...bytes("hel")));
  expect(whole).toEqual(["1: hello"]);
  vi.advanceTimersByTime(60);
  expect([...questions.at(-1)!]).toEqual([249, 1, 0, 0, 0, 1]);
  originals.came(1, bytes("hello"));
  originals.came(1, bytes("you"));
  vi.advanceTimersByTime(10_000);
  expect(questions).toHaveLength(3);
});

it("needs no SCTP where it is asked for what is missing", () => {
  const { originals, whole, questions } = end();
  const kept = new Kept();
  const way: Uint8Array[] = [];
  const echoes = new Echoes((echo) => way.push(echo));
  const texts = ["a".repeat(3000), "b", "c".repeat(8000), "d".repeat(2000), "e"];
  for (const text of texts) {
    echoes.sent(0, bytes(text));
    kept.given(performance.now(), 0, bytes(text));
  }
  for (let round = 0; round < 50; round++) {
    vi.advanceTimersByTime(10);
    for (const packet of way.splice(0)) originals.heard(packet);
    for (const question of questions.splice(0)) {
      const number = new DataView(question.buffer).getUint32(2);
      way.push(...kept.repairs(performance.now(), [question[1]!, number], 0, 20));
    }
  }
  expect(whole).toEqual(texts.map((text) => `0: ${text}`));
});
