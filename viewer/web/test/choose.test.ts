import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { NoTransport, choose, type Choice } from "../src/link/choose";
import { Unsupported, type LinkHandler } from "../src/link/link";
import { JOIN, transport } from "./links.fixture";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const handler = (): LinkHandler => ({ message: vi.fn(), closed: vi.fn() });

/** Chooses, and answers what became of it and after how many milliseconds. */
async function raced(
  transports: ReturnType<typeof transport>[],
  hears = handler(),
  signal = new AbortController().signal,
): Promise<{ choice: Choice | NoTransport; millis: number }> {
  const began = performance.now();
  const openers = transports.map(({ opener }) => opener);
  const choosing = choose(openers, JOIN, hears, signal).then(
    (choice) => ({ choice, millis: performance.now() - began }),
    (error: NoTransport) => ({ choice: error, millis: performance.now() - began }),
  );
  await vi.advanceTimersByTimeAsync(20_000);
  return choosing;
}

const results = ({ attempts }: Choice | NoTransport) =>
  attempts.map(({ transport: it, result }) => `${it} ${result}`);

test("where the best works at once, nothing else is tried", async () => {
  const [best, other] = [transport("webtransport", 20), transport("websocket", 5)];
  const { choice, millis } = await raced([best, other]);
  expect(results(choice)).toEqual(["webtransport used", "websocket late"]);
  expect(choice.attempts[1]?.detail).toBe("not needed: webtransport works");
  expect(millis).toBe(20);
  expect(other.open).not.toHaveBeenCalled();
});

test("what fails makes room at once for the next", async () => {
  const best = transport("webtransport", 5, new Error("UDP is blocked"));
  const none = transport("webrtc", 0, new Unsupported("this browser has no WebRTC"));
  const { choice, millis } = await raced([best, none, transport("websocket", 30)]);
  expect(results(choice)).toEqual(["webtransport failed", "webrtc unsupported", "websocket used"]);
  expect(choice.attempts[0]).toMatchObject({ detail: "UDP is blocked", millis: 5 });
  expect(millis).toBeLessThan(40);
});

test("what never answers delays the first picture by less than a second", async () => {
  const { choice, millis } = await raced([transport("webtransport", null), transport("websocket", 30)]);
  expect(results(choice)).toEqual(["webtransport late", "websocket used"]);
  expect(choice.attempts[0]?.detail).toBe("websocket was sooner");
  expect(millis).toBeLessThan(1_100);
});

test("on a slow network the best has two seconds", async () => {
  const slow = [transport("webtransport", 1_900), transport("websocket", 700)];
  const { choice, millis } = await raced(slow);
  expect(results(choice)).toEqual(["webtransport used", "websocket works"]);
  expect(millis).toBe(1_900);
  expect(slow[1]?.links[0]?.closedWith).toBe("");
  const slower = await raced([transport("webtransport", 2_100), transport("websocket", 700)]);
  expect(results(slower.choice)).toEqual(["webtransport late", "websocket used"]);
  expect(slower.millis).toBe(2_000);
});

test("whatever works late is taken, as long as nothing else does", async () => {
  const { choice, millis } = await raced([transport("webtransport", null), transport("websocket", 5_000)]);
  expect(results(choice)).toEqual(["webtransport late", "websocket used"]);
  expect(millis).toBeLessThanOrEqual(5_600);
});

test("if none works the reasons are told", async () => {
  const failed = transport("webtransport", 5, new Error("UDP is blocked"));
  const { choice, millis } = await raced([failed, transport("websocket", null)]);
  expect(choice).toBeInstanceOf(NoTransport);
  expect((choice as NoTransport).message).toBe("webtransport: UDP is blocked; websocket: no answer");
  expect(millis).toBe(8_000);
  expect((await raced([])).choice).toBeInstanceOf(NoTransport);
});

test("a link that ends before it was chosen is none", async () => {
  const early = transport("websocket", 10);
  // It is open from 110 ms on, and waits for a better one until about 900.
  setTimeout(() => early.links[0]?.handler.closed({ kind: "lost", message: "the network is gone" }), 300);
  const { choice, millis } = await raced([transport("webtransport", null), early]);
  expect(results(choice)).toEqual(["webtransport late", "websocket failed"]);
  expect(choice.attempts[1]?.detail).toBe("the network is gone");
  expect(millis).toBe(8_000);
});

test("only the chosen link's end is heard", async () => {
  const hears = handler();
  const [best, other] = [transport("webtransport", 1_000), transport("websocket", 700)];
  await raced([best, other], hears);
  expect(other.links[0]?.closedWith).toBe("");
  expect(hears.closed).not.toHaveBeenCalled();
  best.links[0]?.handler.closed({ kind: "lost", message: "the connection was lost" });
  expect(hears.closed).toHaveBeenCalledOnce();
});

test("whoever gives up is not kept waiting", async () => {
  const abort = new AbortController();
  setTimeout(() => abort.abort(), 50);
  const { choice, millis } = await raced([transport("webtransport", null)], handler(), abort.signal);
  expect(choice).toBeInstanceOf(NoTransport);
  expect(millis).toBe(50);
});
