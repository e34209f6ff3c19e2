/** Every transport that Chromium has carries the same session. */

import { expect } from "vitest";
import { Chromium } from "../src/browsers/chromium";
import { Carried } from "../src/carried";
import { whereAble } from "../src/each";
import { networkHindrance } from "../src/network";
import { Stage } from "../src/stage";
import { story } from "../src/story";
import { pause, settles } from "../src/wait";

for (const transport of Chromium.transports) {
  whereAble(`Chromium over ${transport}`, Chromium.hindrance ?? networkHindrance(), () => {
    let carried: Carried;
    const set = () => Stage.set(Chromium, { far: true });

    story(`Chromium over ${transport}`, set, (step) => {
      step("is used when nothing else is allowed", async (stage) => {
        carried = await Carried.over(stage, transport);
      });

      step("shows every pixel as the app drew it", () => carried.exact());

      step("carries keys", async () => {
        await carried.keys();
        await carried.exact();
      });

      step("shows motion, and then every pixel again", async () => {
        await carried.app.motion(30);
        await carried.moves();
        await carried.app.motion(null);
        await carried.exact();
      });

      step("recovers from 5 s without a network", async (stage) => {
        const { app, desk } = carried;
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
        await carried.exact();
        expect((await desk.link()).transport).toBe(transport);
        expect(stage.browser.complaints).toEqual([]);
      });
    });
  });
}
