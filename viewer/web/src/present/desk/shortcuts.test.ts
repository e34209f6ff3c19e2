import { expect, test } from "vitest";
import { shortcutOf, type Chord } from "./shortcuts";

function chord(keys: string, altGraph = false): Chord {
  const parts = keys.split("+");
  return {
    code: parts.at(-1)!,
    ctrlKey: parts.includes("Ctrl"),
    altKey: parts.includes("Alt"),
    shiftKey: parts.includes("Shift"),
    metaKey: parts.includes("Meta"),
    getModifierState: (key) => key === "AltGraph" && altGraph,
  };
}

test("only Ctrl and Alt together are the desk's", () => {
  expect(shortcutOf(chord("Ctrl+Alt+Tab"))).toBe("next");
  expect(shortcutOf(chord("Ctrl+Alt+Shift+Tab"))).toBe("previous");
  expect(shortcutOf(chord("Alt+Tab"))).toBeNull();
  expect(shortcutOf(chord("Ctrl+KeyW"))).toBeNull();
  expect(shortcutOf(chord("Ctrl+Alt+Meta+KeyW"))).toBeNull();
  expect(shortcutOf(chord("Ctrl+Alt+Delete"))).toBeNull();
});

test("AltGr writes characters, although it looks like Ctrl and Alt", () => {
  expect(shortcutOf(chord("Ctrl+Alt+KeyO", true))).toBeNull();
});

test("other chords of the same keys are the app's", () => {
  expect(shortcutOf(chord("Ctrl+Alt+Shift+ArrowUp"))).toBeNull();
});
