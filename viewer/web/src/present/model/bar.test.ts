import { expect, test } from "vitest";
import { arrangeBar } from "./bar";

const windows = (count: number, apps: number, active = -1) =>
  Array.from({ length: count }, (_, n) => ({ appId: `app ${n % apps}`, active: n === active, n }));

test("few windows have titles, more have icons, and from fifteen on apps stand for their windows", () => {
  expect(arrangeBar(windows(4, 4), 600)).toMatchObject({ titles: true, rest: [] });
  expect(arrangeBar(windows(10, 4), 600)).toMatchObject({ titles: false, rest: [] });
  expect(arrangeBar(windows(10, 4), 600).shown).toHaveLength(10);
  expect(arrangeBar(windows(15, 3), 2000).shown.map((group) => group.length)).toEqual([5, 5, 5]);
});

test("windows that name no app are not taken for one app's", () => {
  const nameless = Array.from({ length: 16 }, () => ({ appId: "", active: false }));
  expect(arrangeBar(nameless, 2000).shown).toHaveLength(16);
});

test("in any room each window stands once, the active one is seen, and nothing is wider than the room", () => {
  for (let count = 0; count <= 60; count += 3)
    for (const apps of [1, 2, 7, 60])
      for (const width of [0, 50, 90, 300, 700, 1280]) {
        const entries = windows(count, apps, count - 1);
        const { shown, rest, titles } = arrangeBar(entries, width);
        const all = [...shown, ...rest].flat();
        expect(all.map(({ n }) => n).sort((a, b) => a - b)).toEqual(entries.map(({ n }) => n));
        if (count > 0) expect(shown.flat().some(({ active }) => active)).toBe(true);
        const buttons = shown.length + (rest.length > 0 ? 1 : 0);
        if (buttons > 2) expect(buttons * (titles ? 112 : 42)).toBeLessThanOrEqual(width);
      }
});
