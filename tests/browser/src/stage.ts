/** A host, a browser, and what is kept when a test with them fails. */

import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, test } from "vitest";
import type { Browser, Engine, Page } from "./browsers/browser";
import { Desk } from "./desk";
import { Host, type HostOptions } from "./host";
import { KEPT } from "./programs";

export class Stage {
  /** Every page that a failure is explained by, the newest last. */
  readonly pages: Page[] = [];

  /** The last link that a page of ours has used up. */
  usedLink = "";

  private constructor(
    readonly host: Host,
    readonly browser: Browser,
    private readonly directory: string,
  ) {}

  static async set(engine: Pick<Engine, "start">, options: HostOptions): Promise<Stage> {
    const directory = mkdtempSync(join(tmpdir(), "dormer-browser-"));
    const host = await Host.start(options);
    try {
      return new Stage(host, await engine.start(directory), directory);
    } catch (error) {
      await host.stop();
      throw error;
    }
  }

  /** Opens the host's link in a new page, with more words in its fragment. */
  async open(fragment = ""): Promise<Desk> {
    const page = await this.browser.newPage();
    this.pages.push(page);
    this.usedLink = this.host.link;
    return Desk.open(page, this.usedLink + fragment);
  }

  /** Keeps screenshots and logs; answers where. */
  async keep(name: string): Promise<string> {
    const directory = join(KEPT, name.replace(/[^\p{L}\p{N}]+/gu, "-"));
    rmSync(directory, { recursive: true, force: true });
    mkdirSync(directory, { recursive: true });
    for (const [number, page] of this.pages.entries()) {
      await page.screenshot(join(directory, `page-${number}.png`)).catch(() => undefined);
    }
    const log = this.host.file("host.log");
    if (existsSync(log)) copyFileSync(log, join(directory, "host.log"));
    writeFileSync(join(directory, "complaints.txt"), this.browser.complaints.join("\n"));
    return directory;
  }

  async clear(): Promise<void> {
    await this.browser.close();
    await this.host.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

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
