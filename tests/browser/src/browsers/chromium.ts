/** Debian's Chromium, driven by Playwright. */

import { chromium, type BrowserContext, type CDPSession, type Page as Tab } from "playwright-core";
import { installed } from "../programs";
import type { Browser, Button, Engine, InPage, Page } from "./browser";
import { keyOf, runs } from "./keys";

/** What keeps a browser from doing anything by itself. */
export const QUIET = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Metrics of a device; those of an ordinary window unless given. */
export interface Device {
  width: number;
  height: number;
  /** Device pixels per CSS pixel. */
  scale: number;
  phone: boolean;
}

const WINDOW: Device = { width: 1280, height: 800, scale: 1, phone: false };

export const Chromium: Engine = {
  name: "Chromium",
  get hindrance() {
    return installed("chromium") === null ? "chromium is not installed" : null;
  },
  transports: ["webtransport", "webrtc", "websocket"],
  pictureless: null,
  start: () => ChromiumBrowser.start(),
};

export class ChromiumBrowser implements Browser {
  readonly name = "Chromium";
  readonly complaints: string[] = [];
  readonly crashed = false;

  private constructor(private readonly context: BrowserContext) {}

  /** With more flags, as people give them. */
  static async start(device: Device = WINDOW, flags: string[] = []): Promise<ChromiumBrowser> {
    const executablePath = installed("chromium");
    if (!executablePath) throw new Error("chromium is not installed");
    const browser = await chromium.launch({ executablePath, args: [...QUIET, ...flags] });
    const context = await browser.newContext({
      ignoreHTTPSErrors: true,
      viewport: { width: device.width, height: device.height },
      deviceScaleFactor: device.scale,
      isMobile: device.phone,
      hasTouch: device.phone,
      // Somebody who says yes when asked.
      permissions: ["clipboard-read", "clipboard-write"],
    });
    return new ChromiumBrowser(context);
  }

  async newPage(): Promise<ChromiumPage> {
    return this.wrap(await this.context.newPage());
  }

  async close(): Promise<void> {
    const browser = this.context.browser();
    await this.context.close();
    await browser?.close();
  }

  /** CPU seconds of all of its processes so far. */
  async cpu(): Promise<number> {
    const cdp = await this.context.browser()?.newBrowserCDPSession();
    if (cdp === undefined) throw new Error("the browser is gone");
    const { processInfo } = await cdp.send("SystemInfo.getProcessInfo");
    await cdp.detach();
    return processInfo.reduce((sum, { cpuTime }) => sum + cpuTime, 0);
  }

  async wrap(tab: Tab): Promise<ChromiumPage> {
    // Only the browser asks, before a page goes in which somebody typed.
    tab.on("dialog", (dialog) => void dialog.accept());
    tab.on("pageerror", (error) => this.complaints.push(`error: ${error.message}`));
    tab.on("console", (message) => {
      if (message.type() === "error") this.complaints.push(message.text());
    });
    return new ChromiumPage(this, tab, await this.context.newCDPSession(tab));
  }
}

export class ChromiumPage implements Page {
  constructor(
    private readonly browser: ChromiumBrowser,
    readonly tab: Tab,
    readonly cdp: CDPSession,
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
    await this.tab.mouse.dblclick(x, y);
  }

  async wheel(deltaX: number, deltaY: number): Promise<void> {
    await this.tab.mouse.wheel(deltaX, deltaY);
  }

  async press(chord: string): Promise<void> {
    await this.tab.keyboard.press(chord);
  }

  async type(text: string): Promise<void> {
    for (const run of runs(text)) {
      if (run.keys) for (const letter of run.text) await this.letter(letter);
      else await this.compose(run.text);
    }
  }

  async opened(action: () => Promise<void>): Promise<ChromiumPage> {
    const [tab] = await Promise.all([this.tab.waitForEvent("popup", { timeout: 10_000 }), action()]);
    return this.browser.wrap(tab);
  }

  async resize(width: number, height: number): Promise<void> {
    await this.tab.setViewportSize({ width, height });
  }

  async toFront(): Promise<void> {
    await this.tab.bringToFront();
  }

  async screenshot(file: string): Promise<void> {
    await this.tab.screenshot({ path: file, timeout: 10_000 });
  }

  async close(): Promise<void> {
    await this.tab.close();
  }

  async open(): Promise<boolean> {
    return !this.tab.isClosed();
  }

  private async letter(letter: string): Promise<void> {
    const key = keyOf(letter);
    if (!key) throw new Error(`${letter} is on no key`);
    const modifiers = key.shift ? 8 : 0;
    if (key.shift) await this.tab.keyboard.down("Shift");
    const event = { key: letter, code: key.code, windowsVirtualKeyCode: key.number, modifiers };
    await this.cdp.send("Input.dispatchKeyEvent", { type: "keyDown", text: letter, ...event });
    await this.cdp.send("Input.dispatchKeyEvent", { type: "keyUp", ...event });
    if (key.shift) await this.tab.keyboard.up("Shift");
  }

  /** As an input method does: it shows what it may become, then what it became. */
  private async compose(text: string): Promise<void> {
    const cursor = { selectionStart: 2, selectionEnd: 2 };
    await this.cdp.send("Input.imeSetComposition", { text: "sh", ...cursor });
    await this.cdp.send("Input.insertText", { text });
  }
}
