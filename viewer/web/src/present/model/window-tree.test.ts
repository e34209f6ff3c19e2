import { expect, test } from "vitest";
import type { Window } from "../../protocol/types";
import { WindowTree } from "./window-tree";
import { popup, remote } from "./remote.fixture";

function tree(...windows: Window[]): WindowTree {
  const tree = new WindowTree();
  windows.forEach((window) => tree.set(window));
  return tree;
}

const modal = (track: number, parent: number, stacking = track) => {
  const window = remote(track, { parent, stacking });
  return { ...window, states: { ...window.states, modal: true } };
};

test("nested popups add up their places", () => {
  const all = tree(remote(1), popup(2, 1, 10, 20), popup(3, 2, 90, -5));
  expect(all.place(3)).toEqual({ root: 1, at: { x: 100, y: 15 } });
  expect(all.place(1)).toEqual({ root: 1, at: { x: 0, y: 0 } });
  expect(all.popupsOf(1).map(({ track }) => track)).toEqual([2, 3]);
});

test("parents in a circle end", () => {
  const all = tree(popup(1, 2, 1, 1), popup(2, 1, 1, 1));
  expect(Number.isFinite(all.place(1).at.x)).toBe(true);
  const dialogs = tree(remote(1, { parent: 2 }), remote(2, { parent: 1 }));
  expect(dialogs.stacked().sort()).toEqual([1, 2]);
  expect(dialogs.dependants(1)).toEqual([2]);
});

test("dialogs stand above what they belong to, and raise it with them", () => {
  const all = tree(remote(1), remote(2, { stacking: 50 }), remote(3, { parent: 1, stacking: 60 }));
  expect(all.stacked()).toEqual([2, 1, 3]);
  all.set(remote(1, { stacking: 70 }));
  expect(all.stacked()).toEqual([2, 1, 3]);
  all.set(remote(2, { stacking: 80 }));
  expect(all.stacked()).toEqual([1, 3, 2]);
});

test("a modal dialog keeps its whole chain of parents from being used", () => {
  const all = tree(remote(1), remote(2, { parent: 1 }), modal(3, 2), remote(4));
  expect(all.blockedBy(1)).toBe(3);
  expect(all.blockedBy(2)).toBe(3);
  expect(all.blockedBy(3)).toBeNull();
  expect(all.blockedBy(4)).toBeNull();
  all.remove(3);
  expect(all.blockedBy(1)).toBeNull();
});
