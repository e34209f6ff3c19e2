/** An app that does not answer: it is shown, waiting loses nothing, and it can be forced to quit. */

import { execFileSync } from "node:child_process";
import { expect } from "vitest";
import { Chromium } from "../src/browsers/chromium";
import type { Desk } from "../src/desk";
import { whereAble } from "../src/each";
import { click, gone, locate, role } from "../src/elements";
import { Stage } from "../src/stage";
import { story } from "../src/story";
import { TestApp } from "../src/testapp";
import { settles } from "../src/wait";

const WAIT = role("button", "Wait");
const QUIT = role("button", "Force quit");

whereAble("an app that does not answer", Chromium.hindrance, () => {
  let desk: Desk;
  let app: TestApp;
  let pid: number;
  let before: number;
  const title = async () => (await desk.window(TestApp.ID)).title;
  const signal = (name: string) => execFileSync("kill", [`-${name}`, String(pid)]);

  story(
    "an app that does not answer",
    () => Stage.set(Chromium, {}),
    (step) => {
      step("is shown once somebody types, and can be waited for", async (stage) => {
        app = await TestApp.start(stage.host);
        desk = await stage.open();
        const { input } = await app.focus(desk, await desk.window(TestApp.ID));
        before = input;
        pid = Number(
          execFileSync("pgrep", ["--full", stage.host.file("testapp-")])
            .toString()
            .split("\n")[0],
        );
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
        await settles("its title", title, (title) => !title.includes("not responding"));
      });

      step("is ended by whoever has enough of it", async () => {
        signal("STOP");
        await desk.page.type("more");
        await click(desk.page, QUIT);
        await desk.without(TestApp.ID);
      });
    },
  );
});
