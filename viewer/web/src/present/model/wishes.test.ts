import { expect, test } from "vitest";
import type { Configure } from "../../protocol/types";
import { remote } from "./remote.fixture";
import { Wishes, type Local } from "./wishes";

function wishes(): { wishes: Wishes; sent: Configure[] } {
  const sent: Configure[] = [];
  const wishes = new Wishes((_track, configure) => sent.push(configure));
  wishes.mayWish = true;
  return { wishes, sent };
}

const local = (w: number, h: number, more: Partial<Local> = {}): Local => ({
  size: { w, h },
  scale: 120,
  maximized: false,
  fullscreen: false,
  ...more,
});

test("what a window is anyway is no wish", () => {
  const { wishes: ours, sent } = wishes();
  ours.want(remote(1), local(100, 50));
  expect(sent).toEqual([]);
  expect(ours.mayFollow(remote(1))).toBe(true);
});

test("one wish of a drag is on its way at a time, and the newest waits for its answer", () => {
  const { wishes: ours, sent } = wishes();
  for (const w of [110, 120, 130, 140]) ours.want(remote(1), local(w, 50), true);
  expect(sent.map(({ size }) => size?.w)).toEqual([110]);
  ours.heard(remote(1, { configured: sent[0]!.serial }));
  expect(sent.map(({ size }) => size?.w)).toEqual([110, 140]);
  expect(sent.every(({ resizing }) => resizing)).toBe(true);
});

test("letting go is said at once, even if the app has not answered or the size is the same", () => {
  const { wishes: ours, sent } = wishes();
  ours.want(remote(1), local(110, 50), true);
  ours.want(remote(1), local(120, 50), true);
  ours.want(remote(1), local(120, 50));
  expect(sent.at(-1)).toMatchObject({ size: { w: 120, h: 50 }, resizing: false });
  expect(ours.mayFollow(remote(1, { configured: sent[0]!.serial })), "an older answer").toBe(false);
  expect(ours.mayFollow(remote(1, { configured: sent.at(-1)!.serial }))).toBe(true);
});

test("while the user drags, the host is not followed", () => {
  const { wishes: ours, sent } = wishes();
  ours.want(remote(1), local(110, 50), true);
  expect(ours.mayFollow(remote(1, { configured: sent[0]!.serial }))).toBe(false);
});

test("a change of state is sent at once and its serial is newer", () => {
  const { wishes: ours, sent } = wishes();
  ours.want(remote(1), local(110, 50), true);
  ours.want(remote(1), local(800, 600, { maximized: true }));
  expect(sent[1]).toMatchObject({ maximized: true, resizing: false });
  expect(sent[1]!.serial).toBeGreaterThan(sent[0]!.serial);
});

test("a host met anew hears what stands, and nothing of windows that are gone", () => {
  const { wishes: ours, sent } = wishes();
  ours.want(remote(1), local(110, 50));
  ours.want(remote(2), local(210, 50));
  ours.forget(2);
  sent.length = 0;
  ours.again();
  expect(sent.map(({ size }) => size?.w)).toEqual([110]);
});

test("an app that has its own mind is asked once, and again when something changed", () => {
  const { wishes: ours, sent } = wishes();
  ours.want(remote(1), local(110, 50, { scale: 180 }));
  const answer = remote(1, { configured: sent[0]!.serial, size: { w: 108, h: 50 } });
  ours.heard(answer);
  ours.want(answer, local(110, 50, { scale: 180 }));
  expect(sent).toHaveLength(1);
  ours.want({ ...answer, size: { w: 90, h: 50 } }, local(110, 50, { scale: 180 }));
  expect(sent).toHaveLength(2);
});

test("a window that resized itself can be brought back to the size that was asked for last", () => {
  const { wishes: ours, sent } = wishes();
  ours.want(remote(1), local(200, 50));
  const done = remote(1, { configured: sent[0]!.serial, size: { w: 200, h: 50 } });
  ours.heard(done);
  ours.want({ ...done, size: { w: 300, h: 50 } }, local(200, 50));
  expect(sent.map(({ size }) => size?.w)).toEqual([200, 200]);
});

test("who only watches wishes nothing, and follows at once", () => {
  const { wishes: ours, sent } = wishes();
  ours.mayWish = false;
  ours.want(remote(1), local(110, 50));
  expect(sent).toEqual([]);
  expect(ours.mayFollow(remote(1))).toBe(true);
});

test("who gets the seat asks for all it wants, also for what seems to be so", () => {
  const { wishes: ours, sent } = wishes();
  ours.insist(() => ours.want(remote(1), local(100, 50)));
  expect(sent).toHaveLength(1);
  expect(ours.mayFollow(remote(1))).toBe(false);
  expect(ours.mayFollow(remote(1, { configured: sent[0]!.serial }))).toBe(true);
});
