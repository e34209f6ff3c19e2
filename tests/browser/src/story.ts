/** Stories: tests whose steps stand on each other. */

import { afterAll, beforeAll, test } from "vitest";
import type { Stage } from "./stage";

/**
 * A story on one stage, told in steps. A step that fails keeps screenshots and logs, and those after it are
 * skipped, since they stand on it. Where the browser itself has crashed, the story is told once more from its
 * beginning, and says so.
 */
export function story(name: string, set: () => Promise<Stage>, tell: (step: Step) => void): void {
  let stage: Stage | undefined;
  let failed: string | null = null;
  let again = false;
  const told: Act[] = [];
  beforeAll(async () => {
    stage = await set();
  });
  afterAll(async () => {
    await stage?.clear();
  });
  const play = async (title: string, act: Act): Promise<void> => {
    if (!stage) throw new Error("there is no stage");
    try {
      await act(stage);
    } catch (error) {
      if (again || !stage.browser.crashed) throw error;
      again = true;
      process.stderr.write(`${name} ${title}: ${stage.browser.name} itself crashed; once more\n`);
      await stage.clear();
      stage = await set();
      for (const before of [...told, act]) await before(stage);
    }
    told.push(act);
  };
  tell((title, act) => {
    test(title, async ({ skip }) => {
      if (failed !== null) skip(`'${failed}' failed`);
      try {
        await play(title, act);
      } catch (error) {
        failed = title;
        if (!stage) throw error;
        const kept = await stage.keep(`${name} ${title}`);
        throw new Error(
          `${(error as Error).message}\nscreenshots and logs: ${kept}\n` +
            `the page: ${stage.browser.complaints.slice(-5).join(" | ") || "no complaint"}\n` +
            `the host: ${stage.host.logTail.split("\n").slice(-8).join("\n")}`,
          { cause: error },
        );
      }
    });
  });
}

type Act = (stage: Stage) => Promise<void>;

export type Step = (title: string, act: Act) => void;
