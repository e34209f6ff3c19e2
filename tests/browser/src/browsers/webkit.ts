/** WebKitGTK's MiniBrowser on a virtual display, driven by its WebDriver. */

import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Child } from "../child";
import { freePort } from "../port";
import { installed } from "../programs";
import { until } from "../wait";
import type { Browser, Button, Engine, InPage, Page } from "./browser";
import { listens, WebDriverSession } from "./webdriver";

export const WebKit: Engine = {
  name: "WebKit",
  get hindrance() {
    if (installed("WebKitWebDriver") === null) return "webkit2gtk-driver is not installed";
    if (miniBrowser() === null) return "WebKitGTK's MiniBrowser is not installed";
    return installed("Xvfb") === null ? "xvfb is not installed" : null;
  },
  transports: ["websocket"],
  pictureless: "its pages are not told of pictures that are pasted",
  start: (directory) => WebKitBrowser.start(directory),
};

class WebKitBrowser implements Browser {
  readonly name = "WebKit";
  /** WebDriver tells none. */
  readonly complaints: string[] = [];

  private constructor(
    readonly session: WebDriverSession,
    private readonly children: Child[],
    private fresh: boolean,
  ) {}

  static async start(directory: string): Promise<WebKitBrowser> {
    const display = await startDisplay(directory);
    const port = await freePort();
    const home = { HOME: directory, XDG_RUNTIME_DIR: directory, DBUS_SESSION_BUS_ADDRESS: "disabled:" };
    const env = { PATH: process.env.PATH, DISPLAY: display.name, NO_AT_BRIDGE: "1", ...home };
    const driver = Child.start("webdriver", "WebKitWebDriver", [`--port=${port}`], { env, directory });
    const base = `http://127.0.0.1:${port}`;
    await listens(base, 10_000);
    const options = { binary: miniBrowser(), args: ["--automation"] };
    const session = await WebDriverSession.create(base, {
      acceptInsecureCerts: true,
      "webkitgtk:browserOptions": options,
    });
    return new WebKitBrowser(session, [driver, display.server], true);
  }

  get crashed(): boolean {
    return this.children.some(({ log }) => log.includes("WebProcess CRASHED"));
  }

  /** The browser starts with one window, which is the first page. */
  async newPage(): Promise<WebKitPage> {
    const first = this.fresh;
    this.fresh = false;
    // A window is made from one that is there; the one of the last command may be closed.
    const [any] = await this.handles();
    if (!first && any) await this.session.post("/window", { handle: any });
    const answer = first
      ? { handle: (await this.session.get("/window")) as string }
      : ((await this.session.post("/window/new", { type: "window" })) as { handle: string });
    const page = new WebKitPage(this, answer.handle);
    if (first) await page.resize(1280, 800);
    return page;
  }

  async handles(): Promise<string[]> {
    return (await this.session.get("/window/handles")) as string[];
  }

  async close(): Promise<void> {
    await this.session.delete().catch(() => undefined);
    for (const child of this.children) await child.stop();
  }
}

const BUTTONS: Record<Button, number> = { left: 0, middle: 1, right: 2 };

/** Names of keys as WebDriver writes them. */
const KEYS: Record<string, string> = {
  Control: "\uE009",
  Shift: "\uE008",
  Alt: "\uE00A",
  Enter: "\uE007",
  Tab: "\uE004",
  Escape: "\uE00C",
  Backspace: "\uE003",
  Delete: "\uE017",
  Home: "\uE011",
  End: "\uE010",
  ArrowLeft: "\uE012",
  ArrowUp: "\uE013",
  ArrowRight: "\uE014",
  ArrowDown: "\uE015",
};

class WebKitPage implements Page {
  private at = { x: 0, y: 0 };

  constructor(
    private readonly browser: WebKitBrowser,
    private readonly handle: string,
  ) {}

  async goto(url: string): Promise<void> {
    await this.tell("/url", { url });
  }

  async evaluate<T>(script: InPage<T>, ...args: unknown[]): Promise<T> {
    const call = `const done = arguments[arguments.length - 1];
      Promise.resolve((${script.toString()})(...JSON.parse(arguments[0])))
        .then((value) => done({ value }), (error) => done({ error: String(error) }));`;
    const answer = (await this.tell("/execute/async", { script: call, args: [JSON.stringify(args)] })) as {
      value?: T;
      error?: string;
    };
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer.value as T;
  }

  async move(x: number, y: number): Promise<void> {
    this.at = { x: Math.round(x), y: Math.round(y) };
    await this.pointer({ type: "pointerMove", duration: 0, ...this.at });
  }

  async down(button: Button = "left"): Promise<void> {
    await this.pointer({ type: "pointerDown", button: BUTTONS[button] });
  }

  async up(button: Button = "left"): Promise<void> {
    await this.pointer({ type: "pointerUp", button: BUTTONS[button] });
  }

  async twice(x: number, y: number): Promise<void> {
    await this.move(x, y);
    for (let click = 0; click < 2; click++) {
      await this.down();
      await this.up();
    }
  }

  async wheel(deltaX: number, deltaY: number): Promise<void> {
    const scroll = { type: "scroll", duration: 0, deltaX, deltaY, ...this.at };
    await this.tell("/actions", { actions: [{ type: "wheel", id: "wheel", actions: [scroll] }] });
  }

  async press(chord: string): Promise<void> {
    const keys = chord.split("+").map((name) => KEYS[name] ?? name);
    await this.keys([
      ...keys.map((value) => ({ type: "keyDown", value })),
      ...keys.reverse().map((value) => ({ type: "keyUp", value })),
    ]);
  }

  /** Letters that its own keyboard lacks come as keys without a place, as from a screen keyboard. */
  async type(text: string): Promise<void> {
    for (const letter of text) {
      await this.press(letter.toLowerCase() === letter ? letter : `Shift+${letter}`);
    }
  }

  async opened(action: () => Promise<void>): Promise<WebKitPage> {
    const before = await this.browser.handles();
    await action();
    const handle = await until("a new window", async () => {
      return (await this.browser.handles()).find((handle) => !before.includes(handle));
    });
    return new WebKitPage(this.browser, handle);
  }

  async resize(width: number, height: number): Promise<void> {
    // The window is larger than the page by the browser's bars, which are known once it has any size.
    await this.tell("/window/rect", { x: 0, y: 0, width, height });
    const size = () => this.evaluate(() => ({ width: innerWidth, height: innerHeight }));
    const shown = await until("the window's size", async () => {
      const now = await size();
      return now.width === width ? now : null;
    });
    await this.tell("/window/rect", { x: 0, y: 0, width, height: height + height - shown.height });
    await until("the page's size", async () => (await size()).height === height);
  }

  async toFront(): Promise<void> {
    await this.tell("/execute/sync", { script: "window.focus()", args: [] });
  }

  async screenshot(file: string): Promise<void> {
    await this.select();
    const data = (await this.browser.session.get("/screenshot")) as string;
    writeFileSync(file, Buffer.from(data, "base64"));
  }

  async close(): Promise<void> {
    await this.select();
    await this.browser.session.delete("/window");
  }

  async open(): Promise<boolean> {
    return (await this.browser.handles()).includes(this.handle);
  }

  private pointer(action: object): Promise<unknown> {
    const mouse = { type: "pointer", id: "mouse", parameters: { pointerType: "mouse" }, actions: [action] };
    return this.tell("/actions", { actions: [mouse] });
  }

  private keys(actions: object[]): Promise<unknown> {
    return this.tell("/actions", { actions: [{ type: "key", id: "keyboard", actions }] });
  }

  private async tell(path: string, body: object): Promise<unknown> {
    await this.select();
    return this.browser.session.post(path, body);
  }

  private async select(): Promise<void> {
    await this.browser.session.post("/window", { handle: this.handle });
  }
}

/** A virtual display, whose number the server chooses. */
async function startDisplay(directory: string): Promise<{ name: string; server: Child }> {
  // `-displayfd` writes the number to a descriptor; the log is one.
  const args = ["-displayfd", "1", "-screen", "0", "1400x1100x24", "-nolisten", "tcp"];
  const server = Child.start("display", "Xvfb", args, { directory });
  const number = await until("the virtual display", () => /^\d+$/m.exec(server.log)?.[0]);
  return { name: `:${number}`, server };
}

/** It lies in a directory of the architecture. */
function miniBrowser(): string | null {
  const libraries = "/usr/lib";
  const places = [libraries, ...directories(libraries).map((name) => join(libraries, name))];
  const found = places.flatMap((place) =>
    directories(place)
      .filter((name) => /^webkit2?gtk-/.test(name))
      .map((name) => join(place, name))
      .filter((directory) => directories(directory).includes("MiniBrowser")),
  );
  return found[0] === undefined ? null : join(found[0], "MiniBrowser");
}

function directories(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
