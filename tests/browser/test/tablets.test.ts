/**
 * Fingers wherever there is a screen to touch: a tablet, a phone that lies, a laptop that has a mouse too.
 * What they need is there by the kind of pointer and by its use, never by the size of the screen.
 */

import { expect } from "vitest";
import { Chromium, ChromiumBrowser, type ChromiumPage, type Device } from "../src/browsers/chromium";
import { Fingers } from "../src/browsers/touch";
import type { Desk, Shown } from "../src/desk";
import { whereAble } from "../src/each";
import { all, clickAt, gone, locate, role, type Box, type Wanted } from "../src/elements";
import type { MenuApp } from "../src/host";
import { Stage } from "../src/stage";
import { story } from "../src/story";
import { TestApp } from "../src/testapp";
import { settles, until } from "../src/wait";

interface Machine {
  name: string;
  device: Device;
  flags: string[];
  /** Whether one window at a time fills the screen. */
  compact: boolean;
  /** Whether a mouse is used as well. */
  mouse: boolean;
  /** A height of the page at which long menus have no room. */
  low: number;
}

/** A screen that can be touched beside a mouse, which is what points first: as laptops have it. */
const BESIDE_A_MOUSE = [
  "--touch-events=enabled",
  "--blink-settings=primaryPointerType=4,availablePointerTypes=6,primaryHoverType=2,availableHoverTypes=2",
];

const MACHINES: Machine[] = [
  {
    name: "a tablet",
    device: { width: 820, height: 1180, scale: 2, phone: true },
    flags: [],
    compact: false,
    mouse: false,
    low: 600,
  },
  {
    name: "a phone that lies",
    device: { width: 844, height: 390, scale: 3, phone: true },
    flags: [],
    compact: true,
    mouse: false,
    low: 390,
  },
  {
    name: "a laptop with a touch screen",
    device: { width: 1280, height: 800, scale: 1, phone: false },
    flags: BESIDE_A_MOUSE,
    compact: false,
    mouse: true,
    low: 400,
  },
];

const EDITOR = "l3afpad";
const KEYBOARD = role("button", "Keyboard");
/** As evdev numbers it. */
const KEY_F12 = 88;

/** More apps than a menu shows at once. */
const APPS: MenuApp[] = [
  { id: EDITOR, name: "Test editor", exec: "l3afpad HOME/note.txt" },
  ...Array.from({ length: 30 }, (_, n) => ({ id: `app-${n}`, name: `Test app ${n}`, exec: "true" })),
];

for (const { name, device, flags, compact, mouse, low } of MACHINES) {
  whereAble(name, Chromium.hindrance, () => {
    let desk: Desk;
    let page: ChromiumPage;
    let fingers: Fingers;
    let app: TestApp;
    let window: Shown;
    const set = () => Stage.set({ start: () => ChromiumBrowser.start(device, flags) }, { apps: APPS });
    const tap = async (wanted: Wanted) => fingers.tap(...middle(await locate(page, wanted)));
    /** A finger moves what is below it upwards, until it has scrolled. */
    const scroll = async (selector: string) => {
      const top = () =>
        page.evaluate((selector: string) => document.querySelector(selector)?.scrollTop ?? 0, selector);
      const before = await top();
      await settles(
        `a scrolled ${selector}`,
        async () => {
          const [x, y] = middle(await locate(page, { selector }));
          await fingers.slide([{ from: [x, y + 80], to: [x, y - 80] }]);
          return top();
        },
        (now) => now > before + 40,
      );
    };
    /** What a soft keyboard does: no key is told, only text. */
    const write = (text: string) => page.cdp.send("Input.insertText", { text });
    const presses = () => app.entries<{ pressed: boolean }>("button").filter(({ pressed }) => pressed).length;

    story(name, set, (step) => {
      step("has a button for the keyboard", async (stage) => {
        desk = await stage.open();
        page = desk.page as ChromiumPage;
        fingers = new Fingers(page);
        await locate(page, KEYBOARD);
      });

      if (mouse)
        step("has it until the mouse is used, and again for fingers", async () => {
          await clickAt(page, 40, 40);
          await gone(page, KEYBOARD);
          await fingers.tap(40, 40);
          await locate(page, KEYBOARD);
        });

      step("scrolls the menu of apps by a finger, which starts none", async () => {
        await tap(role("button", "Apps"));
        await scroll(".apps");
        expect(await page.evaluate(() => document.querySelector(".entry.starting"))).toBe(null);
        await tap(role("menuitem", "Test editor"));
        await desk.window(EDITOR);
      });

      step("types by the screen's keyboard and the bar of keys", async (stage) => {
        await fingers.tap(...middle((await desk.window(EDITOR)).canvas));
        await tap(KEYBOARD);
        await settles(
          "a field that takes text",
          () => page.evaluate(() => document.activeElement?.tagName),
          (tag) => tag === "TEXTAREA",
        );
        const bar = await locate(page, role("toolbar", "Keys"));
        expect(bar.x + bar.width).toBeLessThanOrEqual(device.width);
        await write("Grüße");
        await tap(role("button", "Ctrl"));
        await write("s");
        await settles(
          "the saved text",
          () => stage.host.read("note.txt").trimEnd(),
          (text) => text === "Grüße",
        );
        await tap(KEYBOARD);
        await gone(page, role("toolbar", "Keys"));
      });

      step("points by a finger", async (stage) => {
        app = await TestApp.start(stage.host, ["--size", "400x300"]);
        window = await desk.window(TestApp.ID);
        await clicks();
        expect(app.entries("touched")).toEqual([]);
      });

      step("lets apps have the fingers, as chosen by one", async () => {
        await choose("Fingers go to the app");
        const before = presses();
        await settles(
          "fingers at the app",
          async () => {
            await fingers.tap(...middle((await desk.window(TestApp.ID)).canvas));
            return app.entries("touched").length;
          },
          (touched) => touched > 0,
        );
        expect(presses()).toBe(before);
      });

      step("is a touchpad for a pointer of its own, as chosen by a finger", async () => {
        await choose("Trackpad");
        const touched = app.entries("touched").length;
        const { canvas } = await desk.window(TestApp.ID);
        const [x, y] = middle(canvas);
        await fingers.slide([{ from: [x - 30, y], to: [x + 30, y + 20] }]);
        await locate(page, { selector: ".finger-pointer" });
        await clicks();
        expect(app.entries("touched")).toHaveLength(touched);
        await choose("Fingers point");
      });

      step("scrolls a long menu by a finger, which chooses nothing, and then its last item", async () => {
        await page.resize(device.width, low);
        await menu();
        await tap(role("menuitem", "Send keys"));
        const keys = app.entries("key").length;
        await scroll(".menu");
        expect(app.entries("key")).toHaveLength(keys);
        await tap(role("menuitem", "F12"));
        await settles(
          "the key at the app",
          () => app.entries<{ key: number }>("key").map(({ key }) => key),
          (keys) => keys.includes(KEY_F12),
        );
      });
    });

    /** Taps until the app was clicked: a busy machine makes a tap so slow that it is a long press. */
    async function clicks(): Promise<void> {
      const before = presses();
      await settles(
        "a click at the app",
        async () => {
          window = await desk.window(TestApp.ID);
          await fingers.tap(...middle(window.canvas));
          return presses();
        },
        (now) => now > before,
      );
    }

    /** Opens the menu of the test app's window. */
    async function menu(): Promise<void> {
      if (compact) return tap(role("button", "More"));
      await until("the window's menu", async () => {
        const entry = await locate(page, { selector: `.entry[data-window="${window.track}"]` });
        await fingers.hold(...middle(entry));
        return (await all(page, role("menu"))).length > 0;
      });
    }

    /** Chooses what fingers do. */
    async function choose(mode: string): Promise<void> {
      await menu();
      if (!compact) await tap(role("menuitem", "Touch"));
      await tap(role("menuitemcheckbox", mode));
      await gone(page, role("menu"));
    }
  });
}

function middle({ x, y, width, height }: Box): [number, number] {
  return [x + width / 2, y + height / 2];
}
