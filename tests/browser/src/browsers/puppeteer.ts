/** Browsers driven by Puppeteer, whose tabs are hidden while another one is in front, as for people. */

import type { Browser as Driver, KeyInput, Page as Tab } from "puppeteer-core";
import { Hopeless, until } from "../wait";
import type { Browser, Button, InPage, Page } from "./browser";

export class PuppeteerBrowser implements Browser {
  readonly complaints: string[] = [];
  readonly crashed = false;

  constructor(
    readonly name: string,
    private readonly driver: Driver,
  ) {}

  async newPage(): Promise<PuppeteerPage> {
    return this.wrap(await this.driver.newPage());
  }

  async close(): Promise<void> {
    await this.driver.close();
  }

  wrap(tab: Tab): PuppeteerPage {
    // Only the browser asks, before a page goes in which somebody typed.
    tab.on("dialog", (dialog) => void dialog.accept());
    tab.on("pageerror", (error) => this.complaints.push(`error: ${(error as Error).message}`));
    tab.on("console", (message) => {
      if (message.type() === "error") this.complaints.push(message.text());
    });
    return new PuppeteerPage(this, tab);
  }

  async tabs(): Promise<Tab[]> {
    return this.driver.pages();
  }
}

class PuppeteerPage implements Page {
  constructor(
    private readonly browser: PuppeteerBrowser,
    private readonly tab: Tab,
  ) {}

  async goto(url: string): Promise<void> {
    await this.tab.goto(url);
  }

  async evaluate<T>(script: InPage<T>, ...args: unknown[]): Promise<T> {
    return (await this.tab.evaluate(`(${script.toString()})(...${JSON.stringify(args)})`)) as T;
  }

  async move(x: number, y: number): Promise<void> {
    await this.tab.mouse.move(x, y);
  }

  async down(button: Button = "left"): Promise<void> {
    await this.tab.mouse.down({ button });
  }

  async up(button: Button = "left"): Promise<void> {
    await this.tab.mouse.up({ button });
  }

  async twice(x: number, y: number): Promise<void> {
    await this.tab.mouse.click(x, y, { count: 2 });
  }

  async wheel(deltaX: number, deltaY: number): Promise<void> {
    await this.tab.mouse.wheel({ deltaX, deltaY });
  }

  async press(chord: string): Promise<void> {
    const keys = chord.split("+") as KeyInput[];
    for (const key of keys) await this.tab.keyboard.down(key);
    for (const key of keys.reverse()) await this.tab.keyboard.up(key);
  }

  /** Letters that its own keyboard lacks come as keys without a place, as from a screen keyboard. */
  async type(text: string): Promise<void> {
    for (const letter of text) {
      const shift = letter.toLowerCase() !== letter;
      if (shift) await this.tab.keyboard.down("Shift");
      await this.tab.keyboard.press(letter as KeyInput);
      if (shift) await this.tab.keyboard.up("Shift");
    }
  }

  async opened(action: () => Promise<void>): Promise<PuppeteerPage> {
    const before = await this.browser.tabs();
    await action();
    const tab = await until("a new window", async () => {
      return (await this.browser.tabs()).find((tab) => !before.includes(tab));
    });
    return this.browser.wrap(tab);
  }

  async resize(width: number, height: number): Promise<void> {
    await this.tab.setViewport({ width, height });
  }

  async toFront(): Promise<void> {
    await this.tab.bringToFront();
  }

  async screenshot(file: string): Promise<void> {
    if (!file.endsWith(".png")) throw new Hopeless(`${file} is no name of a PNG file`);
    await this.tab.screenshot({ path: file as `${string}.png` });
  }

  async close(): Promise<void> {
    await this.tab.close();
  }

  async open(): Promise<boolean> {
    return !this.tab.isClosed();
  }
}
