/** Debian's Firefox, driven by Puppeteer over WebDriver BiDi. */

import puppeteer, { type Browser as Driver, type KeyInput, type Page as Tab } from "puppeteer-core";
import { installed } from "../programs";
import { Hopeless, until } from "../wait";
import type { Browser, Button, Engine, InPage, Page } from "./browser";

export const Firefox: Engine = {
  name: "Firefox",
  get hindrance() {
    return installed("firefox-esr") === null ? "firefox-esr is not installed" : null;
  },
  transports: ["webtransport", "websocket"],
  start: () => FirefoxBrowser.start(),
};

class FirefoxBrowser implements Browser {
  readonly name = "Firefox";
  readonly complaints: string[] = [];

  private constructor(private readonly driver: Driver) {}

  static async start(): Promise<FirefoxBrowser> {
    const executablePath = installed("firefox-esr");
    if (!executablePath) throw new Error("firefox-esr is not installed");
    const driver = await puppeteer.launch({
      browser: "firefox",
      executablePath,
      headless: true,
      acceptInsecureCerts: true,
      // Room for the browser's own bars.
      args: ["--width=1280", "--height=886"],
      defaultViewport: null,
    });
    return new FirefoxBrowser(driver);
  }

  async newPage(): Promise<FirefoxPage> {
    return this.wrap(await this.driver.newPage());
  }

  async close(): Promise<void> {
    await this.driver.close();
  }

  wrap(tab: Tab): FirefoxPage {
    tab.on("pageerror", (error) => this.complaints.push(`error: ${(error as Error).message}`));
    tab.on("console", (message) => {
      if (message.type() === "error") this.complaints.push(message.text());
    });
    return new FirefoxPage(this, tab);
  }

  async tabs(): Promise<Tab[]> {
    return this.driver.pages();
  }
}

class FirefoxPage implements Page {
  constructor(
    private readonly browser: FirefoxBrowser,
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

  async opened(action: () => Promise<void>): Promise<FirefoxPage> {
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
