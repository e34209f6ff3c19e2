import { expect, test } from "vitest";
import type { Window } from "../../protocol/types";
import { WindowTree } from "./window-tree";
import { SingleWindow } from "./single-window";
import { remote } from "./remote.fixture";

const editor = remote(1, { app_id: "editor" });
const dialog = remote(2, { app_id: "editor-dialog", parent: 1 });
const nested = remote(3, { app_id: "chooser", parent: 2 });
const other = remote(4, { app_id: "other" });

function left(wanted: string | null, ...windows: Window[]): number[] {
  const tree = new WindowTree();
  windows.forEach((window) => tree.set(window));
  const only = new SingleWindow(wanted, tree);
  return windows.filter((window) => !only.excludes(window)).map(({ track }) => track);
}

test("without a wish every window is shown", () => {
  expect(left(null, editor, dialog, nested, other)).toEqual([1, 2, 3, 4]);
});

test("one app is shown, or one window, with its dialogs and theirs", () => {
  expect(left("editor", editor, dialog, nested, other)).toEqual([1, 2, 3]);
  expect(left("4", editor, dialog, nested, other)).toEqual([4]);
});

test("a dialog whose window is unknown is left out, and so are dialogs in a circle", () => {
  expect(left("editor", remote(5, { parent: 9 }))).toEqual([]);
  expect(left("editor", remote(6, { parent: 7 }), remote(7, { parent: 6 }))).toEqual([]);
});

test("the wanted one fills the page, its dialogs do not", () => {
  const only = new SingleWindow("editor", new WindowTree());
  expect([editor, dialog, other].map((window) => only.fills(window))).toEqual([true, false, false]);
  expect(only.fills(remote(8, { app_id: "editor", parent: 1 }))).toBe(false);
});
