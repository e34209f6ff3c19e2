/** A host, a browser, and what is kept when a test with them fails. */

import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
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
