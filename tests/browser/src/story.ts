/** Stories: tests whose steps stand on each other. */

import { afterAll, beforeAll, test } from "vitest";
import type { Stage } from "./stage";

/**
 * A story on one stage, told in steps. A step that fails keeps screenshots and logs, and those after it are skipped, since
 * they stand on it.
 */
export function story(name: string, set: () => Promise<Stage>, tell: (step: Step) => void): void {
  let stage: Stage | undefined;
  let failed: string | null = null;
  beforeAll(async () => {
    stage = await set();
  });
  afterAll(async () => {
    await stage?.clear();
  });
  tell((title, act) => {
    test(title, async ({ skip }) => {
      if (failed !== null) skip(`'${failed}' failed`);
      if (!stage) throw new Error("there is no stage");
      try {
        await act(stage);
      } catch (error) {
        failed = title;
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

export type Step = (title: string, act: (stage: Stage) => Promise<void>) => void;
