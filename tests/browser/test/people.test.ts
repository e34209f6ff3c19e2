/**
 * Several people: one shares by the keyboard alone, another one watches on a smaller screen; and links that
 * cannot be used say why.
 */

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { violations } from "../src/axe";
import type { Page } from "../src/browsers/browser";
import { Chromium, ChromiumBrowser, type ChromiumPage } from "../src/browsers/chromium";
import { Fingers } from "../src/browsers/touch";
import { Desk } from "../src/desk";
import { whereAble } from "../src/each";
import { locate } from "../src/elements";
import { Host } from "../src/host";
import { KEPT } from "../src/programs";
import { Stage } from "../src/stage";
import { story } from "../src/story";
import { TestApp } from "../src/testapp";
import { settles, until } from "../src/wait";

/** Where screens are kept that people should look at. */
const LOOKS = join(KEPT, "people");
mkdirSync(LOOKS, { recursive: true });

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

      step("the owner sees who is here and throws one out, by keys", async (stage) => {
        const shared = await share("May use apps");
        const other = await ChromiumBrowser.start();
        try {
          const guest = await Desk.open(await other.newPage(), shared);
          stage.pages.push(guest.page);
          await guest.window(TestApp.ID);
          const guests = () => listed("Who is here");
          // The dialog is still open: it follows what happens.
          // Who watched before is gone by then.
          await settles(
            "both",
            guests,
            (here) =>
              here.length === 2 &&
              here[0]?.includes("This browser") === true &&
              here[1]?.includes("May use apps") === true,
          );
          await settles(
            "the link",
            () => listed("Open links"),
            (open) => open.some((link) => link.startsWith("May use apps") && link.includes("1 here")),
          );
          expect(await violations(page)).toEqual([]);
          await look("people-here");
          await tabTo("Throw out");
          await page.press("Enter");
          await settles("who is left", guests, (here) => here.length === 1);
          await explains(guest.page, "Removed by the owner");
          await guest.page.screenshot(join(LOOKS, "removed.png"));
          // Also when the page is loaded again.
          await guest.page.goto(stage.host.origin);
          await explains(guest.page, "Removed by the owner");
          await page.press("Escape");
          await focusIs("app");
        } finally {
          await other.close();
        }
      });

      step("a link that nobody has used is ended, by keys", async () => {
        const shared = await share("May only watch");
        const unused = async () =>
          (await listed("Open links")).filter((open) => open.includes("not used yet"));
        await settles("the link", unused, (open) => open.length === 1);
        await tabTo("End: May only watch, for a browser · not used yet");
        await page.press("Enter");
        await settles("its end", unused, (open) => open.length === 0);
        // The focus is not lost with the line that had it.
        expect(await page.evaluate(focused)).not.toBe("app");
        expect(await page.evaluate(() => document.activeElement?.closest("dialog") !== null)).toBe(true);
        await page.press("Escape");
        await focusIs("app");
        const other = await ChromiumBrowser.start();
        try {
          await says(other, shared, "has taken it back");
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

  /** The owner makes a link by the keyboard alone, and stays in the dialog. */
  async function share(what: string): Promise<string> {
    await page.press("Control+Alt+Space");
    await focusIs("Search apps");
    for (const entry of ["Leave session…", "Settings…", "Share…"]) {
      await page.press("ArrowUp");
      await focusIs(entry);
    }
    await page.press("Enter");
    await focusIs("May use apps");
    await tabTo(what);
    await page.press("Enter");
    await focusIs("Copy link");
    return page.evaluate(() => document.querySelector<HTMLInputElement>(".share-link")?.value ?? "");
  }

  /** Moves the focus until it is on what has a name that begins so. */
  async function tabTo(name: string): Promise<void> {
    for (let steps = 0; steps < 20; steps++) {
      if ((await page.evaluate(focused)).startsWith(name)) return;
      await page.press("Tab");
    }
    throw new Error(`'${name}' is not reached by Tab`);
  }

  /** The lines of a list of the dialog. */
  function listed(title: string): Promise<string[]> {
    return page.evaluate(
      (title: string) =>
        [...document.querySelectorAll(`.share-list[aria-label="${title}"] li`)].map(
          (line) => line.textContent ?? "",
        ),
      title,
    );
  }

  async function look(name: string): Promise<void> {
    await page.screenshot(join(LOOKS, `${name}.png`));
  }

  async function explains(who: Page, words: string): Promise<void> {
    await settles(
      "the explanation",
      () => who.evaluate(() => document.querySelector(".entering")?.textContent ?? ""),
      (text) => text.includes(words),
    );
  }

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
