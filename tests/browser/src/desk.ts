/** The page as somebody uses it: its windows, its menu, its taskbar. */

import type { Page } from "./browsers/browser";
import { click, clickAt, drag, gone, locate, role, type Box, type Wanted } from "./elements";
import { pause, settles, until } from "./wait";

/** What is known of one window on the page. */
export interface Shown {
  track: string;
  appId: string;
  title: string;
  /** Words such as `active` or `maximized`. */
  state: string;
  /** A menu, a tooltip or the like. */
  popup: boolean;
  /** The whole window, with its title bar. */
  box: Box;
  /** The remote picture. */
  canvas: Box;
  /** The size of the picture, in device pixels. */
  pixels: { width: number; height: number };
}

/** What the page says about its link. */
export interface Link {
  state: string;
  transport: string;
  role: string;
}

/** Runs in the page. */
function shown(): Shown[] {
  const box = (element: Element) => {
    const { x, y, width, height } = element.getBoundingClientRect();
    return { x, y, width, height };
  };
  return [...document.querySelectorAll<HTMLElement>("[data-track]")]
    .filter(
      (element) => element.querySelector("canvas") && element.checkVisibility({ visibilityProperty: true }),
    )
    .map((element) => {
      const canvas = element.querySelector("canvas") as HTMLCanvasElement;
      const label = element.getAttribute("aria-labelledby");
      const title = label ? document.getElementById(label)?.textContent : element.getAttribute("aria-label");
      const picture = element.dataset.picture?.split("x").map(Number);
      return {
        track: element.dataset.track ?? "",
        appId: element.dataset.appId ?? "",
        title: title ?? "",
        state: element.dataset.state ?? "",
        popup: element.dataset.popup !== undefined,
        box: box(element),
        canvas: box(canvas),
        pixels: { width: picture?.[0] ?? canvas.width, height: picture?.[1] ?? canvas.height },
      };
    });
}

export class Desk {
  constructor(readonly page: Page) {}

  /** Opens a link and waits until the page is online. */
  static async open(page: Page, link: string): Promise<Desk> {
    await page.goto(link);
    const desk = new Desk(page);
    await desk.online();
    return desk;
  }

  link(): Promise<Link> {
    return this.page.evaluate(() => {
      const { state = "", transport = "", role = "" } = document.documentElement.dataset;
      return { state, transport, role };
    });
  }

  /** Waits until the link is there. */
  online(patience?: number): Promise<Link> {
    return settles(
      "the link",
      () => this.link(),
      ({ state }) => state === "online",
      patience,
    );
  }

  /** Every window and popup that can be seen. */
  windows(): Promise<Shown[]> {
    return this.page.evaluate(shown);
  }

  /** Waits for a window of this app. */
  window(appId: string): Promise<Shown> {
    return until(`a window of ${appId}`, async () => {
      return (await this.windows()).find((window) => window.appId === appId && !window.popup);
    });
  }

  /** Waits for an open menu. */
  popup(): Promise<Shown> {
    return until("a popup", async () => (await this.windows()).find((window) => window.popup));
  }

  async noPopup(): Promise<void> {
    await until("the end of popups", async () => !(await this.hasPopup()));
  }

  /**
   * Chooses from an open menu of an app, by a place in its canvas. Again if it stays open: GTK takes a
   * release that comes within half a second of the press that opened the menu for that press's own.
   */
  async choose(menu: Shown, x: number, y: number): Promise<void> {
    await until("the end of the menu", async () => {
      if (await this.hasPopup()) await this.clickIn(menu, x, y);
      await pause(250);
      return !(await this.hasPopup());
    });
  }

  private async hasPopup(): Promise<boolean> {
    return (await this.windows()).some((window) => window.popup);
  }

  /** Waits until there is no window of this app. */
  async without(appId: string): Promise<void> {
    await until(
      `the end of ${appId}`,
      async () => !(await this.windows()).some((window) => window.appId === appId),
    );
  }

  /** Starts an app from the menu. */
  async start(name: string): Promise<void> {
    await click(this.page, role("button", "Apps"));
    await click(this.page, role("menuitem", name));
  }

  /** Clicks a place of a window's picture, in CSS pixels from its top left corner. */
  async clickIn(window: Shown, x: number, y: number): Promise<void> {
    await clickAt(this.page, window.canvas.x + x, window.canvas.y + y);
  }

  /**
   * Clicks the middle of a window's picture, as people do who want to type there; and leaves the app the
   * moment that people leave it: GTK's text fields take keys that they read in one go with a click for a part
   * of it, and select what was typed.
   */
  async focus(window: Shown): Promise<void> {
    await this.clickIn(window, window.canvas.width / 2, window.canvas.height / 2);
    await pause(250);
  }

  /**
   * Gives a window the keyboard by its title bar, where a chord follows: the app hears of no click. Some take
   * keys while they still handle a click (l3afpad waits for the clipboard's owner in between), as happens
   * where a busy machine or a link that stalled brings both in one go.
   */
  async activate(window: Shown): Promise<void> {
    const bar = await locate(this.page, { selector: `${of(window)} [data-part="titlebar"]` });
    await clickAt(this.page, bar.x + bar.width / 2, bar.y + bar.height / 2);
  }

  async clickPart(window: Shown, name: string): Promise<void> {
    await click(this.page, inside(window, "button", name));
  }

  /** Drags a window by its title bar. */
  async move(window: Shown, by: [number, number]): Promise<void> {
    const bar = await locate(this.page, { selector: `${of(window)} [data-part="titlebar"]` });
    // The middle of the bar; its ends hold buttons.
    await drag(this.page, [bar.x + bar.width / 2, bar.y + bar.height / 2], by);
  }

  /** Drags a window's bottom right corner. */
  async resize(window: Shown, by: [number, number]): Promise<void> {
    const corner = await locate(this.page, { selector: `${of(window)} [data-part="resize-se"]` });
    await drag(this.page, [corner.x + corner.width / 2, corner.y + corner.height / 2], by);
  }

  async closed(window: Shown): Promise<void> {
    await gone(this.page, { selector: of(window) });
  }
}

function of(window: Shown): string {
  return `[data-track="${window.track}"]`;
}

/** A button or the like of one window. */
function inside(window: Shown, kind: string, name: string): Wanted {
  const { selector } = role(kind);
  return {
    selector: selector
      .split(",")
      .map((one) => `${of(window)} ${one}`)
      .join(","),
    name,
  };
}
