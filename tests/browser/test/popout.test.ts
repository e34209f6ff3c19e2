/** A window that is popped out: what its keys do is done where the user is. */

import { expect } from "vitest";
import type { Page } from "../src/browsers/browser";
import { Chromium, type ChromiumPage } from "../src/browsers/chromium";
import { Desk, type Shown } from "../src/desk";
import { whereAble } from "../src/each";
import { click, gone, locate, role } from "../src/elements";
import { Stage } from "../src/stage";
import { story } from "../src/story";
import { TestApp } from "../src/testapp";
import { settles } from "../src/wait";

whereAble("a popped-out window", Chromium.hindrance, () => {
  let desk: Desk;
  let app: TestApp;
  let popped: ChromiumPage;
  let out: Desk;
  let window: Shown;
  const fills = (page: Page) => page.evaluate(() => document.fullscreenElement !== null);

  story(
    "a popped-out window",
    () => Stage.set(Chromium, {}),
    (step) => {
      step("opens", async (stage) => {
        app = await TestApp.start(stage.host, ["--size", "640x480"]);
        desk = await stage.open("&probe");
        await app.focus(desk, await desk.window(TestApp.ID));
        popped = (await desk.page.opened(() => desk.page.press("Control+Alt+o"))) as ChromiumPage;
        stage.pages.push(popped);
        out = new Desk(popped);
        window = await out.window(TestApp.ID);
        await app.focus(out, window);
      });

      step("fills the screen by its shortcut, with its page where it was, and comes back", async () => {
        await popped.press("Control+Alt+Enter");
        await settles("a full screen", () => fills(popped), Boolean);
        expect(await fills(desk.page)).toBe(false);
        await popped.press("Control+Alt+Enter");
        await settles(
          "the end of full screen",
          () => fills(popped),
          (full) => !full,
        );
      });

      step("does so by its menu", async () => {
        await popped.press("Control+Alt+w");
        await click(popped, role("menuitem", "Full screen, with all keys"));
        await settles("a full screen", () => fills(popped), Boolean);
        expect(await fills(desk.page)).toBe(false);
        await popped.press("Control+Alt+w");
        await click(popped, role("menuitem", "Leave full screen"));
        await settles(
          "the end of full screen",
          () => fills(popped),
          (full) => !full,
        );
      });

      step("opens the page's menu of apps, and the page is where keys go", async () => {
        await popped.press("Control+Alt+Space");
        await locate(desk.page, role("dialog", "Apps"));
        await desk.page.press("Escape");
        await gone(desk.page, role("dialog", "Apps"));
      });

      step("goes to another window while its Ctrl and Alt are held, and no longer", async (stage) => {
        await stage.host.run("foot", "--log-level=error", "--app-id=other");
        await desk.window("other");
        await popped.toFront();
        const { keyboard } = popped.tab;
        await keyboard.down("Control");
        await keyboard.down("Alt");
        await keyboard.press("Tab");
        await locate(desk.page, role("listbox", "Windows"));
        await keyboard.up("Alt");
        await keyboard.up("Control");
        await gone(desk.page, role("listbox", "Windows"));
        expect(stage.browser.complaints).toEqual([]);
      });

      step("says so when the host is gone", async (stage) => {
        process.kill(stage.host.pid, "SIGKILL");
        await locate(popped, {
          selector: '[data-notice="connection"]',
          name: "Connection lost. Connecting again…",
        });
      });
    },
  );
});
