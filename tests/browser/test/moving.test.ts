/**
 * The machine of a browser gets another address: a WebRTC link moves there, if the browser is quick enough
 * for the page's patience; the others are made anew. People go on.
 */

import { expect } from "vitest";
import { Chromium } from "../src/browsers/chromium";
import type { Desk } from "../src/desk";
import { whereAble } from "../src/each";
import { networkHindrance } from "../src/network";
import { Stage } from "../src/stage";
import { story } from "../src/story";
import { TestApp } from "../src/testapp";
import { settles } from "../src/wait";

for (const transport of Chromium.transports) {
  whereAble(`another address, ${transport}`, Chromium.hindrance ?? networkHindrance(), () => {
    let desk: Desk;
    let app: TestApp;
    const set = () => Stage.set(Chromium, { far: true });
    const joined = (stage: Stage) => stage.host.log.match(/viewer joined/g)?.length ?? 0;

    story(`another address, ${transport},`, set, (step) => {
      step("comes while a film is shown", async (stage) => {
        app = await TestApp.start(stage.host, ["--size", "800x600", "--motion", "30"]);
        desk = await stage.open(`&only=${transport}&probe`);
        await app.focus(desk, await desk.window(TestApp.ID));
        await plays();
        expect(joined(stage)).toBe(1);
        await stage.host.network.move();
      });

      step("does not keep the film from going on, nor keys from getting through", async (stage) => {
        await plays();
        const { input } = await app.state();
        await settles(
          "a key",
          async () => {
            await desk.page.press("a");
            return (await app.state()).input;
          },
          (now) => now > input,
        );
        await desk.online();
        expect((await desk.link()).transport).toBe(transport);
        if (transport !== "webrtc") expect(joined(stage)).toBeGreaterThan(1);
      });

      step("leaves every pixel as the app drew it", async (stage) => {
        await app.motion(null);
        await settles(
          "every pixel",
          async () => app.differing(desk, await desk.window(TestApp.ID)),
          (pixels) => pixels === 0,
        );
        expect(stage.host.running).toBe(true);
      });
    });

    /** Waits until what the app draws from now on is on the page. */
    async function plays(): Promise<void> {
      const { frame } = await app.state();
      await settles(
        "a newer picture on the page",
        async () => (await app.shown(desk, await desk.window(TestApp.ID)))?.frame ?? 0,
        (now) => now > frame + 10,
      );
    }
  });
}
