/**
 * Nothing on the page jumps: neither while it loads nor later, by Chromium's own measure of layout shifts.
 */

import { expect } from "vitest";
import { Chromium, type ChromiumPage } from "../src/browsers/chromium";
import { Desk } from "../src/desk";
import { whereAble } from "../src/each";
import { click, locate, role } from "../src/elements";
import { networkHindrance } from "../src/network";
import { Stage } from "../src/stage";
import { story } from "../src/story";
import { pause, settles } from "../src/wait";

const EDITOR = "l3afpad";
const APPS = [
  { id: EDITOR, name: "Test editor", exec: "l3afpad HOME/note.txt" },
  { id: "test-terminal", name: "Test terminal", exec: "foot --log-level=error" },
];

interface Shift {
  /** How much of the page moved, and how far. */
  value: number;
  what: string;
}

/** Runs before the page's own scripts: notes every shift, also those right after a key or a click. */
function watch(): void {
  const page = globalThis as unknown as { shifts: Shift[] };
  page.shifts = [];
  interface Entry extends PerformanceEntry {
    value: number;
    sources: { node: Node | null }[];
  }
  new PerformanceObserver((list) => {
    for (const { value, sources } of list.getEntries() as Entry[]) {
      const nodes = sources.map(({ node }) => (node instanceof Element ? node.className : node?.nodeName));
      page.shifts.push({ value, what: nodes.join(", ") });
    }
  }).observe({ type: "layout-shift", buffered: true });
}

whereAble("a page that stands still", Chromium.hindrance ?? networkHindrance(), () => {
  let desk: Desk;
  let page: ChromiumPage;
  /** Shifts since the last look, once two more pictures were composed. */
  const shifts = () =>
    page.evaluate(async () => {
      const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
      await frame();
      await frame();
      return (globalThis as unknown as { shifts: Shift[] }).shifts.splice(0);
    });

  story(
    "a page that stands still",
    () => Stage.set(Chromium, { apps: APPS, far: true }),
    (step) => {
      step("while the link opens", async (stage) => {
        page = (await stage.browser.newPage()) as ChromiumPage;
        stage.pages.push(page);
        await page.tab.addInitScript(watch);
        desk = await Desk.open(page, stage.host.link);
        await settles(
          "apps in the menu that is still closed",
          () => page.evaluate(() => document.querySelectorAll(".app, .empty-desk:not([hidden])").length),
          (count) => count > 0,
        );
        expect(await shifts()).toEqual([]);
      });

      step("while the menu of apps opens, and while one searches in it", async () => {
        await click(page, role("button", "Apps"));
        await locate(page, role("menuitem", "Test editor"));
        const field = await locate(page, role("textbox", "Search apps"));
        await page.type("test e");
        await settles(
          "what was found",
          () => page.evaluate(() => document.querySelectorAll(".app").length),
          (count) => count === 1,
        );
        expect(await locate(page, role("textbox", "Search apps"))).toEqual(field);
        expect(await shifts()).toEqual([]);
      });

      step("while an app starts and draws its first picture", async () => {
        await page.press("Enter");
        await desk.window(EDITOR);
        await page.type("text");
        expect(await shifts()).toEqual([]);
      });

      step("while another one opens beside it", async (stage) => {
        await stage.host.run("foot", "--log-level=error");
        await desk.window("foot");
        expect(await shifts()).toEqual([]);
      });

      step("whatever a window is called", async (stage) => {
        const title = "A title that is much longer than the window is wide. ".repeat(9);
        await stage.host.run("foot", "--log-level=error", "--app-id=long", "-W", "40x9", "-T", title);
        const { box, canvas } = await desk.window("long");
        expect([box.x, box.width]).toEqual([canvas.x, canvas.width]);
        expect(await shifts()).toEqual([]);
      });

      step("while the connection is explained, before and after there are figures", async () => {
        await page.press("Control+Alt+i");
        const panel = await locate(page, role("dialog", "Connection"));
        await settles(
          "figures",
          () => page.evaluate(() => document.querySelector(".panel-total strong")?.textContent),
          (text) => text?.endsWith("ms") ?? false,
        );
        expect(await locate(page, role("dialog", "Connection"))).toEqual(panel);
        const cut = await page.evaluate(() =>
          [...document.querySelectorAll(".facts dd, .bar-value")]
            .filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth)
            .map(({ textContent }) => textContent),
        );
        expect(cut).toEqual([]);
        expect(await shifts()).toEqual([]);
        await page.press("Escape");
      });

      step("while the link is lost and made again", async (stage) => {
        await stage.host.network.cut();
        await settles(
          "a lost link",
          () => desk.link(),
          ({ state }) => state === "reconnecting",
          60_000,
        );
        await pause(500);
        await stage.host.network.join();
        await desk.online(30_000);
        expect(await shifts()).toEqual([]);
      });
    },
  );
});
