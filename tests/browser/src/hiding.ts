/** Tabs that nobody looks at. */

import type { Page } from "./browsers/browser";
import type { Desk } from "./desk";
import { settles } from "./wait";

/** Brings another tab to the front, and waits until the desk's is hidden. */
export async function away(desk: Desk, other: Page): Promise<void> {
  await other.toFront();
  await settles(
    "a hidden tab",
    () => desk.page.evaluate(() => document.visibilityState),
    (state) => state === "hidden",
  );
}
