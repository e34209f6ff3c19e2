/** What the page reports of its link; its fragment must have `&probe`. */

import type { Desk } from "./desk";

/** How many updates the page has drawn since it was opened. */
export async function updates(desk: Desk): Promise<number> {
  return (await report(desk)).updates;
}

/** How what came since the last report was coded. */
export async function codecs(desk: Desk): Promise<string[]> {
  return Object.keys((await report(desk)).codecs);
}

function report(desk: Desk): Promise<Report> {
  return desk.page.evaluate(async () => {
    const { dormer } = globalThis as unknown as { dormer: Dormer };
    const before = dormer.report();
    // Asking anew reports at once.
    dormer.client.send({ do: "report", on: true });
    while (dormer.report() === before) await new Promise((resolve) => setTimeout(resolve, 5));
    dormer.client.send({ do: "report", on: false });
    return dormer.report() ?? { updates: 0, codecs: {} };
  });
}

interface Report {
  updates: number;
  codecs: Record<string, number>;
}

/** As much of what the page offers as is used here. */
interface Dormer {
  client: { send(command: { do: "report"; on: boolean }): void };
  report(): Report | null;
}
