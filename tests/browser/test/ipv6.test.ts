/** Where there is only IPv6, every transport works as over IPv4. */

import { networkInterfaces } from "node:os";
import { expect } from "vitest";
import { Chromium } from "../src/browsers/chromium";
import type { Desk, Shown } from "../src/desk";
import { whereAble } from "../src/each";
import { Stage } from "../src/stage";
import { story } from "../src/story";
import { TestApp } from "../src/testapp";
import { settles } from "../src/wait";

const all = Object.values(networkInterfaces()).flat();
const none = all.some((each) => each?.address === "::1") ? null : "this machine has no IPv6";

for (const transport of Chromium.transports) {
  whereAble(`IPv6 over ${transport}`, Chromium.hindrance ?? none, () => {
    let desk: Desk;
    let app: TestApp;
    let window: Shown;

    story(
      `IPv6 over ${transport}`,
      () => Stage.set(Chromium, { ipv6: true }),
      (step) => {
        step("is used when nothing else is allowed", async (stage) => {
          app = await TestApp.start(stage.host, ["--size", "800x600"]);
          desk = await stage.open(`&only=${transport}&probe`);
          expect((await desk.link()).transport).toBe(transport);
          window = await desk.window(TestApp.ID);
        });

        step("carries keys and pictures", async () => {
          const before = (await app.focus(desk, window)).input;
          for (const letter of "keys") await desk.page.press(letter);
          await settles(
            "the app's keys",
            async () => (await app.state()).input - before,
            (keys) => keys === 4,
          );
          await settles(
            "every pixel",
            async () => app.differing(desk, await desk.window(TestApp.ID)),
            (pixels) => pixels === 0,
          );
        });
      },
    );
  });
}
