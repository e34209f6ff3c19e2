import { expect, test } from "vitest";
import { readSettings, writeSettings } from "./settings";
import { store } from "./store.fixture";

test("settings are kept; whatever stands there, each has one of its values", () => {
  const auto = { theme: "auto", language: "auto", touch: "direct" };
  for (const text of [null, "", "{", "7", "[]", '{"theme":"pink","language":3}'])
    expect(readSettings(store(text))).toEqual(auto);
  const kept = store(null);
  writeSettings(kept, { theme: "dark", language: "zh", touch: "trackpad" });
  expect(readSettings(kept)).toEqual({ theme: "dark", language: "zh", touch: "trackpad" });
  expect(readSettings(null)).toEqual(auto);
});
