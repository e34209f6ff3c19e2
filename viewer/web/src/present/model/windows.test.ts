import { expect, test } from "vitest";

import type { Window } from "../../protocol/types";
import { remote } from "./remote.fixture";
import { Toplevel } from "./toplevel";
import { Windows } from "./windows";

/** Windows that were opened in this order. */
function opened(...told: Window[]): Windows {
  const windows = new Windows();
  for (const window of told) open(windows, window);
  return windows;
}

function open(windows: Windows, window: Window): void {
  const toplevel = new Toplevel(window);
  toplevel.normal = { x: 0, y: 0 };
  windows.tree.set(window);
  windows.add(toplevel);
}

const tracks = (toplevels: Iterable<Toplevel>) => [...toplevels].map(({ track }) => track);
const modal = (track: number, parent: number) =>
  remote(track, { parent, states: { ...remote(track).states, modal: true } });

test("the window that the user turned to is active and on top", () => {
  const windows = opened(remote(1), remote(2), remote(3));
  windows.activate(3);
  const { active, changed, blocking } = windows.activate(1);
  expect(active?.track).toBe(1);
  expect(tracks(changed)).toEqual([1, 3]);
  expect(blocking).toBeUndefined();
  expect(windows.active).toBe(1);
  expect(tracks(windows.stacked())).toEqual([2, 3, 1]);
  expect(tracks(windows.recentChoices())).toEqual([1, 3, 2]);
});

test("a modal dialog gets the keyboard in the place of its window", () => {
  const windows = opened(remote(1), modal(2, 1));
  const { active, blocking } = windows.activate(1);
  expect([active?.track, blocking?.track]).toEqual([2, 2]);
  expect(windows.inUse(1)).toBe(true);
});

test("the active window's place is taken by its owner, else by the window that was used before it", () => {
  const windows = opened(remote(1), remote(2), remote(3, { parent: 1 }));
  for (const track of [2, 1, 3]) windows.activate(track);
  expect(windows.remove(3).heir).toBe(1);
  windows.activate(1);
  expect(windows.remove(1).heir).toBe(2);
  windows.activate(2);
  expect(windows.remove(2).heir).toBeNull();
  expect(windows.active).toBeNull();
});

test("when another window goes, the active one stays active", () => {
  const windows = opened(remote(1), remote(2));
  windows.activate(2);
  expect(windows.remove(1).heir).toBeUndefined();
  expect(windows.active).toBe(2);
  expect(tracks(windows.recentChoices())).toEqual([2]);
});

test("a window is minimised and restored with its dialogs", () => {
  const windows = opened(remote(1), remote(2, { parent: 1 }), remote(3));
  windows.activate(1);
  expect(tracks(windows.minimise(1))).toEqual([1, 2]);
  expect(windows.minimise(1)).toEqual([]);
  expect(windows.successor()).toBe(3);
  expect(tracks(windows.shownOnDesk(false))).toEqual([3]);
  expect(tracks(windows.activate(2).restored)).toEqual([1, 2]);
  expect(tracks(windows.shownOnDesk(false))).toEqual([1, 2, 3]);
});

test("small screens show the active window with all of its family, and nothing else", () => {
  const windows = opened(remote(1), remote(2), remote(3, { parent: 1 }), remote(4, { parent: 3 }));
  windows.activate(4);
  expect(tracks(windows.shownOnDesk(true))).toEqual([1, 3, 4]);
  windows.activate(2);
  expect(tracks(windows.shownOnDesk(true))).toEqual([2]);
  windows.activate(null);
  expect(tracks(windows.shownOnDesk(true))).toEqual([2]);
});

test("owners that go in a circle end nothing", () => {
  const windows = opened(remote(1, { parent: 2 }), remote(2, { parent: 1 }));
  windows.activate(1);
  expect(new Set(tracks(windows.shownOnDesk(true)))).toEqual(new Set([1, 2]));
  expect(tracks(windows.ownersOf(1))).toEqual([2]);
});

test("full screen comes back to the mode it came from, and a fixed size fills nothing", () => {
  const size = { w: 100, h: 50 };
  const limits = { min: size, max: size, increment: null, base: null };
  const windows = opened(remote(1), remote(2, { limits }));
  const [free, fixed] = windows.all() as [Toplevel, Toplevel];
  expect(windows.setMode(free, "left")).toBe(true);
  expect(windows.setMode(free, windows.toggled(free, "fullscreen"))).toBe(true);
  expect(windows.toggled(free, "fullscreen")).toBe("left");
  expect(windows.toggled(free, "left")).toBe("left");
  expect(windows.setMode(fixed, "maximized")).toBe(false);
  expect(fixed.mode).toBe("normal");
  expect(windows.setMode(fixed, "fullscreen")).toBe(true);
});

test("an app that rings is urgent until it is used", () => {
  const windows = opened(remote(1), remote(2, { parent: 1 }), remote(3));
  windows.activate(3);
  expect(windows.ring(windows.get(2) as Toplevel)).toBe(true);
  expect(windows.urgent(1)).toBe(true);
  windows.activate(2);
  expect(windows.urgent(1)).toBe(false);
  expect(windows.ring(windows.get(2) as Toplevel)).toBe(false);
});

test("what is not placed yet, and what single-window mode leaves out, is nothing to choose", () => {
  const windows = new Windows("editor");
  open(windows, remote(1, { app_id: "editor" }));
  open(windows, remote(2));
  windows.tree.set(remote(3, { app_id: "editor" }));
  windows.add(new Toplevel(remote(3, { app_id: "editor" })));
  expect(tracks(windows.choices())).toEqual([1]);
  expect(windows.successor()).toBe(1);
  expect(windows.fillsPage(windows.get(1) as Toplevel)).toBe(true);
});

test("whatever happens, no window is active that is gone, minimised or blocked", () => {
  let seed = 7;
  const random = (n: number) => (seed = (seed * 16807) % 2147483647) % n;
  const windows = new Windows();
  for (let step = 0; step < 3_000; step++) {
    const track = 1 + random(12);
    const known = windows.get(track);
    const act = random(5);
    if (known === undefined) {
      const parent = random(2) === 0 ? 1 + random(12) : null;
      open(windows, random(4) === 0 && parent !== null ? modal(track, parent) : remote(track, { parent }));
    } else if (act === 0) {
      const { heir } = windows.remove(track);
      if (heir !== undefined) windows.activate(heir);
    } else if (act === 1) {
      windows.minimise(track);
      const { activeWindow } = windows;
      if (activeWindow?.minimised === true) windows.activate(windows.successor());
    } else windows.activate(random(9) === 0 ? null : track);
    const { activeWindow } = windows;
    expect(windows.active).toBe(activeWindow?.track ?? null);
    expect(activeWindow?.minimised ?? false).toBe(false);
    expect(new Set(tracks(windows.stacked()))).toEqual(new Set(tracks(windows.all())));
  }
});
