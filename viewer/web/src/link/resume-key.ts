/**
 * By what the host knows this page again: over each of its links, and when it is loaded anew in the same tab.
 * While the page lives nothing of it is stored, so that a copy of the tab is another viewer.
 */

import type { ResumeKey } from "../protocol/types";
import { RESUME_KEY } from "../protocol/wire";

/** The part of `Storage` that is used. */
export interface TabStore {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

const NAME = "dormer-viewer";

/**
 * The key that this page left behind when it went, or a new one. `store` is the tab's own, or null where
 * there is none.
 */
export function takeKey(store: TabStore | null): ResumeKey {
  const text = store?.getItem(NAME) ?? "";
  store?.removeItem(NAME);
  const numbers = text.split(",").map(Number);
  const isByte = (n: number) => Number.isInteger(n) && n >= 0 && n < 256;
  if (numbers.length === RESUME_KEY && numbers.every(isByte)) return new Uint8Array(numbers);
  return crypto.getRandomValues(new Uint8Array(RESUME_KEY));
}

/** The page goes: should it be loaded anew, it is the same viewer. */
export function leaveKey(store: TabStore | null, key: ResumeKey): void {
  try {
    store?.setItem(NAME, [...key].join(","));
  } catch {
    // No room, or not allowed: then it is a new viewer.
  }
}

/** The page is shown again without having been loaded. */
export function recallKey(store: TabStore | null): void {
  store?.removeItem(NAME);
}
