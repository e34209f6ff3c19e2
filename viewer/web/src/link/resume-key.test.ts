import { expect, test } from "vitest";
import { leaveKey, recallKey, takeKey } from "./resume-key";

function tab() {
  const items = new Map<string, string>();
  return {
    items,
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
    removeItem: (key: string) => void items.delete(key),
  };
}

test("a page that is loaded anew is the same viewer, and a copy of its tab another", () => {
  const store = tab();
  const key = takeKey(store);
  expect(key).toHaveLength(16);
  expect(store.items.size, "nothing can be copied while the page lives").toBe(0);
  leaveKey(store, key);
  expect(takeKey(store)).toEqual(key);
  expect(takeKey(store)).not.toEqual(key);
  leaveKey(store, key);
  recallKey(store);
  expect(takeKey(store)).not.toEqual(key);
});

test("what somebody else has stored is no key, and without a store there is one all the same", () => {
  for (const text of [
    "",
    "1,2,3",
    "x".repeat(40),
    Array(16).fill(300).join(","),
    Array(16).fill(1.5).join(","),
  ]) {
    const store = tab();
    store.setItem("dormer-viewer", text);
    expect(new Set(takeKey(store)).size).toBeGreaterThan(2);
  }
  expect(takeKey(null)).toHaveLength(16);
});
