/** A tab that nobody looks at costs the host nothing, and is exact at once when somebody comes back to it. */

import { expect } from "vitest";
import type { Page } from "../src/browsers/browser";
import { Firefox } from "../src/browsers/firefox";
import { ChromiumTabs } from "../src/browsers/tabs";
import type { Desk, Shown } from "../src/desk";
import { whereAble } from "../src/each";
import { away } from "../src/hiding";
import { updates } from "../src/report";
import { Stage } from "../src/stage";
import { story } from "../src/story";
import { TestApp } from "../src/testapp";
import { pause, settles } from "../src/wait";

/** How long nothing may come, in milliseconds; the app draws sixty pictures meanwhile. */
const WHILE = 2000;

for (const engine of [ChromiumTabs, Firefox]) {
  whereAble(`a hidden tab, ${engine.name}`, engine.hindrance, () => {
    let desk: Desk;
    let other: Page;
    let app: TestApp;
    let window: Shown;

    story(
      `a hidden tab, ${engine.name},`,
      () => Stage.set(engine, {}),
      (step) => {
        step("shows a film", async (stage) => {
          app = await TestApp.start(stage.host, ["--size", "800x600", "--motion", "30"]);
          desk = await stage.open("&probe");
          other = await stage.browser.newPage();
          await desk.page.toFront();
          window = await desk.window(TestApp.ID);
          await plays();
        });

        step("gets nothing while another tab is in front, though the app draws on", async () => {
          await away(desk, other);
          const before = { sent: await rests(), drawn: (await app.state()).frame };
          await pause(WHILE);
          expect(await updates(desk)).toBe(before.sent);
          await settles(
            "pictures that nobody sees",
            async () => (await app.state()).frame - before.drawn,
            (pictures) => pictures > 0,
          );
        });

        step("plays on when it is looked at again", async () => {
          await desk.page.toFront();
          await plays();
        });

        step("shows every pixel of what changed meanwhile", async () => {
          await away(desk, other);
          await rests();
          const { frame } = await app.state();
          await settles(
            "a picture that nobody saw",
            async () => (await app.state()).frame,
            (now) => now > frame,
          );
          await app.motion(null);
          await desk.page.toFront();
          await settles(
            "every pixel",
            () => app.differing(desk, window),
            (pixels) => pixels === 0,
          );
        });
      },
    );

    async function plays(): Promise<void> {
      const { frame } = await app.state();
      await settles(
        "a newer picture on the page",
        async () => (await app.shown(desk, window))?.frame ?? 0,
        (now) => now > frame + 10,
      );
    }

    /** Waits until nothing more comes: what was under way has arrived. */
    async function rests(): Promise<number> {
      let last = -1;
      return settles(
        "the last update",
        async () => {
          const before = last;
          last = await updates(desk);
          await pause(300);
          return { last, rests: last === before };
        },
        ({ rests }) => rests,
      ).then(({ last }) => last);
    }
  });
}
