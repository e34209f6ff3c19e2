/** Every transport that Chromium has carries the same session. */

import { expect } from "vitest";
import { Chromium } from "../src/browsers/chromium";
import type { Desk, Shown } from "../src/desk";
import { whereAble } from "../src/each";
import { networkHindrance } from "../src/network";
import { Stage } from "../src/stage";
import { story } from "../src/story";
import { TestApp } from "../src/testapp";
import { pause, settles } from "../src/wait";

for (const transport of Chromium.transports) {
  whereAble(`Chromium over ${transport}`, Chromium.hindrance ?? networkHindrance(), () => {
    let desk: Desk;
    let app: TestApp;
    let window: Shown;
    const set = () => Stage.set(Chromium, { far: true });

    story(`Chromium over ${transport}`, set, (step) => {
      step("is used when nothing else is allowed", async (stage) => {
        app = await TestApp.start(stage.host, ["--size", "800x600"]);
        desk = await stage.open(`&only=${transport}&probe`);
        expect((await desk.link()).transport).toBe(transport);
        window = await desk.window(TestApp.ID);
      });

      step("shows every pixel as the app drew it", () => exact());

      step("carries keys", async () => {
        const before = (await app.focus(desk, window)).input;
        for (const letter of "keys") await desk.page.press(letter);
        await settles(
          "the app's keys",
          async () => (await app.state()).input - before,
          (keys) => keys === 4,
        );
        await exact();
      });

      step("shows motion, and then every pixel again", async () => {
        await app.motion(30);
        const first = (await app.state()).frame;
        await settles(
          "motion on the page",
          async () => (await app.shown(desk, window))?.frame ?? 0,
          (frame) => frame > first + 45,
        );
        await app.motion(null);
        await exact();
      });

      step("recovers from 5 s without a network", async (stage) => {
        await stage.host.network.cut();
        await pause(5000);
        await stage.host.network.join();
        const before = (await app.state()).input;
        await settles(
          "a key after the cut",
          async () => {
            await desk.page.press("a");
            return (await app.state()).input - before;
          },
          (keys) => keys > 0,
          30_000,
        );
        await desk.online();
        await exact();
        expect((await desk.link()).transport).toBe(transport);
        expect(stage.browser.complaints).toEqual([]);
      });
    });

    /** Waits until the page's pixels are the app's. */
    async function exact(): Promise<void> {
      await settles(
        "every pixel",
        async () => {
          window = await desk.window(TestApp.ID);
          return app.differing(desk, window);
        },
        (pixels) => pixels === 0,
      );
    }
  });
}
