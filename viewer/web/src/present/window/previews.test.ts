import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Previews } from "./previews";

let drawn: unknown[];
let watched: readonly number[];
let previews: Previews;

function canvas(): unknown {
  const context = { clearRect() {}, drawImage: (from: unknown) => drawn.push(from) };
  return { width: 640, height: 480, setAttribute() {}, dataset: {}, getContext: () => context };
}

beforeEach(() => {
  vi.useFakeTimers();
  [drawn, watched] = [[], []];
  vi.stubGlobal("document", { createElement: canvas, hidden: false });
  const pictures = new Map<number, HTMLCanvasElement>();
  previews = new Previews({
    canvas: (track) => {
      if (!pictures.has(track)) pictures.set(track, canvas() as HTMLCanvasElement);
      return pictures.get(track);
    },
    watched: (tracks) => (watched = [...tracks]),
  });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("pictures go on while they are shown, and nothing is done for those that are not", () => {
  const place = {};
  expect(vi.getTimerCount()).toBe(0);
  const shown = previews.show(place, [1, 2]);
  expect([...shown.keys()]).toEqual([1, 2]);
  expect(watched).toEqual([1, 2]);
  const at = drawn.length;
  vi.advanceTimersByTime(1000);
  expect(drawn.length).toBeGreaterThan(at + 2);
  previews.hide(place);
  expect(watched).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
});

test("a window that two places show is watched until both have ended", () => {
  const [one, other] = [{}, {}];
  previews.show(one, [1]);
  previews.show(other, [1, 2]);
  previews.hide(other);
  expect(watched).toEqual([1]);
  previews.hide(one);
  expect(watched).toEqual([]);
});

test("of many windows few go on, and all have a picture", () => {
  const all = Array.from({ length: 100 }, (_, track) => track);
  expect(previews.show({}, all).size).toBe(100);
  expect(drawn).toHaveLength(100);
  expect(watched.length).toBeLessThanOrEqual(12);
  vi.advanceTimersByTime(250);
  expect(drawn.length).toBeLessThanOrEqual(100 + 2 * 12);
});

test("a page that nobody sees draws none", () => {
  previews.show({}, [1]);
  const at = drawn.length;
  vi.stubGlobal("document", { createElement: canvas, hidden: true });
  vi.advanceTimersByTime(2000);
  expect(drawn).toHaveLength(at);
});

test("a picture that goes on being shown keeps its element", () => {
  const place = {};
  const before = previews.show(place, [1, 2]).get(1);
  expect(previews.show(place, [3, 1]).get(1)).toBe(before);
});
