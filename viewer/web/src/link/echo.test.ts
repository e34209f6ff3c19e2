import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Echoes, Originals } from "./echo";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const key = Uint8Array.of(1, 7, 8);

it("repeats a message twice, in the first of three packets", () => {
  const sent: Uint8Array[] = [];
  const echoes = new Echoes((echo) => sent.push(echo));
  echoes.sent(0, key);
  expect(sent).toEqual([]);
  vi.runAllTimers();
  const echo = [251, 0, 0, 0, 0, 0, 1, 7, 8];
  expect(sent.map((echo) => [...echo])).toEqual([echo, echo, [251]]);
});

it("counts the messages of each channel, and repeats no large one", () => {
  const sent: Uint8Array[] = [];
  const echoes = new Echoes((echo) => sent.push(echo));
  echoes.sent(0, new Uint8Array(1001));
  echoes.sent(0, key);
  echoes.sent(1, key);
  vi.runAllTimers();
  expect(sent.slice(0, 2).map((echo) => [...echo.subarray(0, 6)])).toEqual([
    [251, 0, 0, 0, 0, 1],
    [251, 1, 0, 0, 0, 0],
  ]);
});

it("takes each message once and in order, whether it or its echo comes first", () => {
  const echoes: Uint8Array[] = [];
  const from = new Echoes((echo) => echoes.push(echo));
  for (const value of [1, 2, 3]) {
    from.sent(0, Uint8Array.of(value));
    vi.runAllTimers();
  }
  const [first, , second, , third] = echoes.filter(({ length }) => length > 1);
  const to = new Originals();
  expect(to.heard(second!)).toBeNull();
  expect(to.heard(first!)).toEqual({ channel: 0, message: Uint8Array.of(1) });
  expect(to.heard(first!)).toBeNull();
  expect(to.came(0)).toBe(false);
  expect(to.came(0)).toBe(true);
  expect(to.heard(third!)).toEqual({ channel: 0, message: Uint8Array.of(3) });
  expect(to.came(0)).toBe(false);
  expect(to.came(1)).toBe(true);
});

it("tells what is no echo, and echoes of nothing, apart", () => {
  const to = new Originals();
  expect(to.heard(Uint8Array.of(255))).toBe("other");
  expect(to.heard(Uint8Array.of())).toBe("other");
  expect(to.heard(Uint8Array.of(251))).toBeNull();
  expect(to.heard(Uint8Array.of(251, 9, 0, 0, 0, 0, 1))).toBeNull();
});
