/** An app that does not answer: it is shown, waiting loses nothing, and it can be forced to quit. */

import { execFileSync } from "node:child_process";
import { expect } from "vitest";
import { violations } from "../src/axe";
import { Chromium, type ChromiumPage } from "../src/browsers/chromium";
import type { Desk } from "../src/desk";
import { whereAble } from "../src/each";
import { click, gone, locate, role } from "../src/elements";
import { illegible } from "../src/legible";
import { Stage } from "../src/stage";
import { story } from "../src/story";
import { TestApp } from "../src/testapp";
import { settles } from "../src/wait";

/** As evdev numbers it. */
const KEY_A = 30;

interface Key {
  key: number;
  pressed: boolean;
}

const WAIT = role("button", "Wait");
const QUIT = role("button", "Force quit");

/** What has the keyboard: the text of a button or menu item; `app` for the field of the apps. */
function focused(): string {
  const { tagName, textContent, role } = document.activeElement as HTMLElement;
  if (tagName === "TEXTAREA") return "app";
  return role === "menuitem" || tagName === "BUTTON" ? (textContent ?? "") : tagName;
}

whereAble("an app that does not answer", Chromium.hindrance, () => {
  let desk: Desk;
  let app: TestApp;
  let pid: number;
  let before: number;
  const title = async () => (await desk.window(TestApp.ID)).title;
  const focusIs = (wanted: string) =>
    settles(
      "the focus",
      () => desk.page.evaluate(focused),
      (now) => now === wanted,
    );
  const signal = (name: string) => execFileSync("kill", [`-${name}`, String(pid)]);

  story(
    "an app that does not answer",
    () => Stage.set(Chromium, {}),
    (step) => {
      step("is shown once somebody types, and can be waited for", async (stage) => {
        desk = await stage.open();
        before = await begin(stage);
        signal("STOP");
        await desk.page.type("typed");
        await locate(desk.page, QUIT);
        expect(await title()).toContain("not responding");
        await click(desk.page, WAIT);
        await gone(desk.page, QUIT);
      });

      step("has what was typed when it goes on, and is as before", async () => {
        signal("CONT");
        await settles(
          "what was typed",
          () => app.state(),
          ({ input }) => input >= before + "typed".length,
        );
        await answers();
      });

      step("leads the keyboard to what is asked, and back to the app", async () => {
        await hang();
        await desk.page.press("Control+Alt+a");
        await focusIs("Wait");
        await desk.page.press("Tab");
        await focusIs("Force quit");
        expect(await violations(desk.page as ChromiumPage)).toEqual([]);
        expect(await illegible(desk.page)).toEqual([]);
        await desk.page.press("Tab");
        await focusIs("Wait");
        await desk.page.press("Enter");
        await gone(desk.page, QUIT);
        await focusIs("app");
      });

      step("asks again whoever wants to be asked, until it answers by itself", async () => {
        await desk.page.press("Control+Alt+a");
        await focusIs("Wait");
        signal("CONT");
        await focusIs("app");
        await answers();
        await gone(desk.page, QUIT);
      });

      step("leaves the shortcut to the app that answers", async () => {
        const keys = app.entries<Key>("key").length;
        await desk.page.press("Control+Alt+a");
        await settles(
          "the app's keys",
          () => app.entries<Key>("key").slice(keys),
          (all) => all.some(({ key, pressed }) => key === KEY_A && pressed),
        );
        await focusIs("app");
      });

      step("has the same answers in its window's menu", async () => {
        await hang();
        await desk.page.press("Control+Alt+w");
        await focusIs("Wait");
        await desk.page.press("Enter");
        await gone(desk.page, QUIT);
        await focusIs("app");
        signal("CONT");
        await answers();
      });

      step("is ended by whoever has enough of it", async () => {
        await hang();
        await click(desk.page, QUIT);
        await desk.without(TestApp.ID);
      });

      step("is ended by the keyboard alone", async (stage) => {
        await begin(stage);
        await hang();
        await desk.page.press("Control+Alt+a");
        await focusIs("Wait");
        await desk.page.press("ArrowRight");
        await focusIs("Force quit");
        await desk.page.press("Enter");
        await desk.without(TestApp.ID);
      });
    },
  );

  /** Starts the app and clicks into it; answers the number of that input. */
  async function begin(stage: Stage): Promise<number> {
    app = await TestApp.start(stage.host);
    const { input } = await app.focus(desk, await desk.window(TestApp.ID));
    const [newest] = execFileSync("pgrep", ["--newest", "--full", stage.host.file("testapp-")])
      .toString()
      .split("\n");
    pid = Number(newest);
    return input;
  }

  /** Stops the app and types into it, until its user is asked. */
  async function hang(): Promise<void> {
    signal("STOP");
    await desk.page.type("more");
    await locate(desk.page, QUIT);
  }

  async function answers(): Promise<void> {
    await settles("its title", title, (title) => !title.includes("not responding"));
  }
});
