/** Beginning: keys that start an app go nowhere else, starting shows at once, and what fails says why. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { Chromium, type ChromiumPage } from "../src/browsers/chromium";
import type { Desk } from "../src/desk";
import { whereAble } from "../src/each";
import { click, locate, role } from "../src/elements";
import { Stage } from "../src/stage";
import { story } from "../src/story";
import { settles, until } from "../src/wait";

const TERMINAL = "foot";
const EDITOR = "l3afpad";
const APPS = [
  { id: "test-terminal", name: "Test terminal", exec: "foot --log-level=error" },
  { id: EDITOR, name: "Test editor", exec: "l3afpad HOME/note.txt" },
  { id: "slow", name: "Slow app", exec: 'sh -c "sleep 60"' },
  { id: "broken", name: "Broken app", exec: 'sh -c "echo the colour is missing >&2; exit 3"' },
];

whereAble("beginning", Chromium.hindrance, () => {
  let desk: Desk;
  let page: ChromiumPage;
  const set = () => Stage.set(Chromium, { apps: APPS });
  const text = (selector: string) =>
    page.evaluate(
      (selector: string) =>
        [...document.querySelectorAll(selector)].map((element) => element.textContent ?? "").join("|"),
      selector,
    );
  const starting = () => text(".entry.starting .entry-title");
  /** Chooses in the menu, and answers what is shown in the same turn of the page. */
  const startsAndShows = (name: string) =>
    page.evaluate((name: string) => {
      const items = [...document.querySelectorAll<HTMLElement>(".start .app")];
      items.find((item) => item.getAttribute("aria-label") === name)?.click();
      return new Promise<string>((resolve) =>
        requestAnimationFrame(() =>
          resolve(document.querySelector(".entry.starting .entry-title")?.textContent ?? ""),
        ),
      );
    }, name);

  story("beginning", set, (step) => {
    step("an empty desk says so, and has a button that leads on", async (stage) => {
      desk = await stage.open();
      page = desk.page as ChromiumPage;
      await click(page, role("button", "Open an app"));
      await locate(page, role("menuitem", "Test terminal"));
      await page.press("Escape");
    });

    step("Enter in the search starts an app and runs nothing in the one behind", async (stage) => {
      await desk.start("Test terminal");
      const terminal = await desk.window(TERMINAL);
      await desk.focus(terminal);
      // Whether the shell is ready: it does the first one.
      const made = (name: string) => existsSync(join(stage.host.directory, name));
      await page.type("cd");
      await page.press("Enter");
      await page.type("touch one");
      await page.press("Enter");
      await until("the shell", () => made("one"));
      await page.type("touch two");
      await page.press("Control+Alt+Space");
      await settles(
        "the search",
        () => text(".start:not([hidden]) .search"),
        () => true,
      );
      await page.type("test ed");
      const hit = await locate(page, { selector: ".app.hit" });
      expect(hit.width).toBeGreaterThan(0);
      await page.press("Enter");
      await desk.window(EDITOR);
      await click(page, { selector: `.entry[data-window="${terminal.track}"]` });
      await page.type("x three");
      await page.press("Enter");
      await until("what was typed before and after, as one line", () => made("twox") && made("three"));
      expect(made("two")).toBe(false);
    });

    step("an app that starts is shown at once, and goes on being awaited", async () => {
      await click(page, role("button", "Apps"));
      expect(await startsAndShows("Slow app")).toBe("Starting Slow app…");
      expect(await starting()).toBe("Starting Slow app…");
    });

    step("an app that ends at once says why", async () => {
      await click(page, role("button", "Apps"));
      await startsAndShows("Broken app");
      await settles(
        "what is said",
        () => text(".toast"),
        (said) => said.includes("exit status: 3"),
      );
      await settles("who is awaited", starting, (names) => names === "Starting Slow app…");
      await click(page, role("button", "Show what it said"));
      await settles(
        "its output",
        () => text("dialog .sheet-output"),
        (said) => said === "the colour is missing",
      );
      await page.press("Escape");
    });

    step("what is no app can be run as a command", async () => {
      await page.press("Control+Alt+Space");
      await page.type("sh -c 'exit 7'");
      await locate(page, { selector: ".app.hit", name: "Run “sh -c 'exit 7'” as a command" });
      await page.press("Enter");
      await settles(
        "what is said",
        () => text(".toast"),
        (said) => said.includes("exit status: 7"),
      );
    });

    step("on a smaller page every title bar is within, and on the old one all is where it was", async () => {
      const places = async () => {
        const all = await desk.windows();
        return all.map(({ appId, box }) => ({ appId, x: Math.round(box.x), y: Math.round(box.y) }));
      };
      const editor = await desk.window(EDITOR);
      await click(page, { selector: `.entry[data-window="${editor.track}"]` });
      await desk.move(editor, [500, 200]);
      const before = await places();
      await page.resize(700, 500);
      await settles(
        "windows within",
        () => desk.windows(),
        (all) => all.every(({ box }) => box.x >= 0 && box.y >= 0 && box.x + box.width <= 701),
      );
      await page.resize(1280, 800);
      await settles("the old places", places, (now) => JSON.stringify(now) === JSON.stringify(before));
    });
  });
});
