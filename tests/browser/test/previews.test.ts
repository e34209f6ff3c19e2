/**
 * Small pictures of windows, which go on while somebody looks at them and cost nothing otherwise; and windows
 * that are on top of each other as before when the page is loaded again.
 */

import { expect } from "vitest";
import { Chromium, type ChromiumPage } from "../src/browsers/chromium";
import type { Desk } from "../src/desk";
import { whereAble } from "../src/each";
import { click, gone, locate } from "../src/elements";
import { updates } from "../src/report";
import { Stage } from "../src/stage";
import { story } from "../src/story";
import { TestApp } from "../src/testapp";
import { pause, settles } from "../src/wait";

const TITLES = ["First", "Second", "Third"];
/** How long nothing may come, in milliseconds. */
const WHILE = 1500;

whereAble("previews", Chromium.hindrance, () => {
  let desk: Desk;
  let page: ChromiumPage;
  const apps: TestApp[] = [];
  /** The first of them. */
  let film: TestApp;
  /** The window that shows a film, by its button in the bar. */
  let entry: { selector: string; name: string };
  const titles = async () => (await desk.windows()).map(({ title }) => title);
  /** From the lowest up, and which one is active. */
  const stack = () =>
    page.evaluate(() => {
      const all = [...document.querySelectorAll<HTMLElement>("[data-track]")].filter((one) =>
        one.checkVisibility(),
      );
      const height = (one: HTMLElement) => Number(one.closest<HTMLElement>(".group")?.style.zIndex);
      all.sort((a, b) => height(a) - height(b));
      return all.map((one) => `${one.ariaLabel}${one.dataset.active === undefined ? "" : " active"}`).join();
    });

  story(
    "previews",
    () => Stage.set(Chromium, {}),
    (step) => {
      step("there is a window that shows a film, and is put away", async (stage) => {
        desk = await stage.open("&probe");
        page = desk.page as ChromiumPage;
        for (const title of TITLES) {
          const app = await TestApp.start(stage.host, ["--size", "400x300", "--title", title]);
          await settles("its window", titles, (all) => all.includes(title));
          apps.push(app);
        }
        film = apps[0] as TestApp;
        entry = { selector: ".entry", name: "First" };
        await film.motion(30);
        await click(page, entry);
        await settles("the active window", stack, (now) => now.endsWith("First active"));
        await click(page, entry);
        await settles("the windows", titles, (all) => !all.includes("First"));
        await nothingComes();
      });

      step("its picture goes on above its button while the pointer is there", async () => {
        await page.move(640, 300);
        const box = await locate(page, entry);
        await page.move(box.x + box.width / 2, box.y + box.height / 2);
        await goesOn(".bar-preview .preview");
        await page.move(640, 300);
        await gone(page, { selector: ".bar-preview" });
        await nothingComes();
      });

      step("it does so while the keyboard is there", async () => {
        await page.press("Control+Alt+m");
        await page.press("ArrowRight");
        await goesOn(".bar-preview .preview");
        await page.press("Escape");
        await gone(page, { selector: ".bar-preview" });
        await nothingComes();
      });

      step("it goes on in the choice of windows, and ends with it", async () => {
        const { keyboard } = page.tab;
        await keyboard.down("Control");
        await keyboard.down("Alt");
        await keyboard.press("Tab");
        await goesOn('.cycle-item[aria-label="First"] .preview');
        // On to one that is not put away.
        await keyboard.press("Tab");
        await keyboard.up("Alt");
        await keyboard.up("Control");
        await gone(page, { selector: ".cycle" });
        await settles(
          "no small pictures",
          () => page.evaluate(watches),
          (any) => !any,
        );
        await nothingComes();
      });

      step("windows are on top of each other as before when the page is loaded again", async () => {
        await film.motion(null);
        for (const name of ["First", "Third", "Second"]) {
          await click(page, { selector: ".entry", name });
          await settles("the active window", stack, (now) => now.endsWith(`${name} active`));
        }
        const before = await stack();
        expect(before).toBe("First,Third,Second active");
        await settles(
          "the app that has the keyboard",
          () => apps[1]?.entries<{ held: boolean }>("focus").at(-1)?.held,
          (held) => held === true,
        );
        await page.tab.reload();
        await desk.online();
        await settles("the same order", stack, (now) => now === before);
        // It stays so once all have come.
        await pause(WHILE);
        expect(await stack()).toBe(before);
      });
    },
  );

  /** Waits until a small picture has shown several pictures. */
  async function goesOn(selector: string): Promise<void> {
    const seen = new Set<string>();
    await settles(
      `pictures of ${selector}`,
      async () => {
        const picture = await page.evaluate(
          (selector: string) => document.querySelector<HTMLCanvasElement>(selector)?.toDataURL() ?? null,
          selector,
        );
        if (picture !== null) seen.add(picture);
        return seen.size;
      },
      (pictures) => pictures >= 5,
    );
  }

  /** Waits until what was under way has come; then nothing does, though the app draws on. */
  async function nothingComes(): Promise<void> {
    let last = -1;
    await settles(
      "the last update",
      async () => {
        const before = last;
        last = await updates(desk);
        await pause(300);
        return last === before;
      },
      Boolean,
    );
    const { frame } = await film.state();
    await pause(WHILE);
    expect(await updates(desk)).toBe(last);
    await settles(
      "a picture that nobody sees",
      async () => (await film.state()).frame,
      (now) => now > frame,
    );
  }
});

/** Whether any small picture is shown. Runs in the page. */
function watches(): boolean {
  return [...document.querySelectorAll(".preview")].some((one) => one.checkVisibility());
}
