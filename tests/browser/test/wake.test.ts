/** A phone's screen stays on while somebody looks at an app, and no longer. */

import type { Page } from "../src/browsers/browser";
import { ChromiumTabs } from "../src/browsers/tabs";
import type { Desk } from "../src/desk";
import { whereAble } from "../src/each";
import { away } from "../src/hiding";
import { Stage } from "../src/stage";
import { story } from "../src/story";
import { settles } from "../src/wait";

const PHONE = { width: 400, height: 800 };
const DESKTOP = { width: 1280, height: 800 };

whereAble("a phone's screen", ChromiumTabs.hindrance, () => {
  let desk: Desk;
  let other: Page;

  story(
    "a phone's screen",
    () => Stage.set(ChromiumTabs, {}),
    (step) => {
      step("may go dark while no app is there", async (stage) => {
        other = await stage.browser.newPage();
        desk = await stage.open();
        await desk.page.toFront();
        await desk.page.resize(PHONE.width, PHONE.height);
        await count();
        await isHeld(false);
      });

      step("stays on while an app is shown", async (stage) => {
        await stage.host.run("l3afpad", stage.host.file("note.txt"));
        await desk.window("l3afpad");
        await isHeld(true);
      });

      step("may go dark while another tab is in front, and stays on again afterwards", async () => {
        await away(desk, other);
        await isHeld(false);
        await desk.page.toFront();
        await isHeld(true);
      });

      step("is nobody's concern on a desktop", async () => {
        await desk.page.resize(DESKTOP.width, DESKTOP.height);
        await isHeld(false);
        await desk.page.resize(PHONE.width, PHONE.height);
        await isHeld(true);
      });

      step("may go dark when the app is closed", async () => {
        const { canvas } = await desk.window("l3afpad");
        await desk.page.move(canvas.x + canvas.width / 2, canvas.y + canvas.height / 2);
        await desk.page.down();
        await desk.page.up();
        await desk.page.press("Control+q");
        await desk.without("l3afpad");
        await isHeld(false);
      });
    },
  );

  /** Browsers do not say what they hold, so the page's requests are counted as they pass. */
  function count(): Promise<void> {
    return desk.page.evaluate(() => {
      const counted = globalThis as unknown as { held: number };
      counted.held = 0;
      const { wakeLock } = navigator;
      const request = wakeLock.request.bind(wakeLock);
      wakeLock.request = async (type) => {
        const lock = await request(type);
        counted.held++;
        lock.addEventListener("release", () => counted.held--);
        return lock;
      };
    });
  }

  async function isHeld(held: boolean): Promise<void> {
    await settles(
      "the wake lock",
      () => desk.page.evaluate(() => (globalThis as unknown as { held: number }).held),
      (locks) => locks === Number(held),
    );
  }
});
