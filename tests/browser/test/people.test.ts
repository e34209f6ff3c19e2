/**
 * Several people: one shares by the keyboard alone, another one watches on a smaller screen; and links that
 * cannot be used say why.
 */

import { expect } from "vitest";
import { Chromium, ChromiumBrowser, type ChromiumPage } from "../src/browsers/chromium";
import { Fingers } from "../src/browsers/touch";
import { Desk } from "../src/desk";
import { whereAble } from "../src/each";
import { locate } from "../src/elements";
import { Host } from "../src/host";
import { Stage } from "../src/stage";
import { story } from "../src/story";
import { TestApp } from "../src/testapp";
import { settles, until } from "../src/wait";

const PHONE = { width: 390, height: 844, scale: 2, phone: true };

/** What has the keyboard: its name, or `app` for the field of the apps. Runs in the page. */
function focused(): string {
  const element = document.activeElement as HTMLElement;
  if (element.tagName === "TEXTAREA") return "app";
  return element.ariaLabel ?? element.textContent ?? "";
}

whereAble("people", Chromium.hindrance, () => {
  let desk: Desk;
  let page: ChromiumPage;
  let app: TestApp;
  let link: string;
  const focusIs = (wanted: string) =>
    settles(
      "the focus",
      () => page.evaluate(focused),
      (now) => now === wanted,
    );

  story(
    "people",
    () => Stage.set(Chromium, {}),
    (step) => {
      step("one shares a link to watch by the keyboard alone", async (stage) => {
        app = await TestApp.start(stage.host, ["--size", "500x300"]);
        desk = await stage.open();
        page = desk.page as ChromiumPage;
        await app.focus(desk, await desk.window(TestApp.ID));
        await page.press("Control+Alt+Space");
        await focusIs("Search apps");
        // From the field upwards: the last entries come first.
        for (const entry of ["Leave session…", "Settings…", "Share…"]) {
          await page.press("ArrowUp");
          await focusIs(entry);
        }
        await page.press("Enter");
        await focusIs("May use apps");
        await page.press("Tab");
        await focusIs("May only watch");
        await page.press("Enter");
        await focusIs("Copy link");
        link = await page.evaluate(
          () => document.querySelector<HTMLInputElement>(".share-link")?.value ?? "",
        );
        await page.press("Enter");
        await settles(
          "what is said",
          () => page.evaluate(() => document.querySelector(".sheet-said")?.textContent),
          (text) => text === "Copied",
        );
        await page.press("Escape");
        await focusIs("app");
      });

      step("another one watches on a phone, and changes nothing", async (stage) => {
        const before = await app.state();
        const other = await ChromiumBrowser.start(PHONE);
        try {
          const watching = await Desk.open(await other.newPage(), link);
          stage.pages.push(watching.page);
          expect((await watching.link()).role).toBe("view");
          await locate(watching.page, { selector: ".banner-view" });
          const { canvas } = await watching.window(TestApp.ID);
          const fingers = new Fingers(watching.page as ChromiumPage);
          await fingers.tap(canvas.x + canvas.width / 2, canvas.y + canvas.height / 2);
          await watching.page.press("x");
          // What the other one types comes later, and alone.
          await page.press("a");
          await settles(
            "the key",
            () => app.state(),
            ({ input }) => input > before.input,
          );
          const { width, height, input } = await app.state();
          expect({ width, height, input }).toEqual({
            width: before.width,
            height: before.height,
            input: before.input + 1,
          });
        } finally {
          await other.close();
        }
      });

      step("links that were used, have expired or are another host's say so", async (stage) => {
        const elsewhere = await Host.start();
        const printed = await stage.host.dormer("links", "--ttl", "1s");
        const made = Date.now();
        const expiring = /https:\/\/\S+#ticket=\S+/.exec(printed)?.[0] ?? "";
        const foreign = stage.host.origin + "/" + new URL(elsewhere.link).hash;
        const other = await ChromiumBrowser.start();
        try {
          await says(other, link, "It was used already");
          await says(other, foreign, "It is not from this host");
          await until("the end of its time", () => Date.now() > made + 3000);
          await says(other, expiring, "Its time is over");
        } finally {
          await other.close();
          await elsewhere.stop();
        }
      });
    },
  );

  /** Somebody new opens a link, and reads this. */
  async function says(browser: ChromiumBrowser, link: string, words: string): Promise<void> {
    const fresh = await browser.newPage();
    await fresh.goto(link);
    await settles(
      "the explanation",
      () => fresh.evaluate(() => document.querySelector(".entering")?.textContent ?? ""),
      (text) => text.includes("This link cannot be used") && text.includes(words),
    );
    await fresh.close();
  }
});
