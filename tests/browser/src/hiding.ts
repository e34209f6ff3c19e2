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

/** How many updates the page has drawn since it was opened; its fragment must have `&probe`. */
export function updates(desk: Desk): Promise<number> {
  return desk.page.evaluate(async () => {
    const { dormer } = globalThis as unknown as { dormer: Dormer };
    const before = dormer.report();
    // Asking anew reports at once.
    dormer.client.send({ do: "report", on: true });
    while (dormer.report() === before) await new Promise((resolve) => setTimeout(resolve, 5));
    dormer.client.send({ do: "report", on: false });
    return dormer.report()?.updates ?? 0;
  });
}

/** As much of what the page offers as is used here. */
interface Dormer {
  client: { send(command: { do: "report"; on: boolean }): void };
  report(): { updates: number } | null;
}
