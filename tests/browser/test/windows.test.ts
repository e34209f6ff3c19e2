/**
 * Windows are maximised, tiled, minimised and brought back, and their apps have the sizes that people see.
 */

import { expect } from "vitest";
import type { Engine } from "../src/browsers/browser";
import type { Desk, Shown } from "../src/desk";
import { forEachEngine } from "../src/each";
import { click, locate, role, type Box } from "../src/elements";
import { updates } from "../src/report";
import { Stage } from "../src/stage";
import { story, type Step } from "../src/story";
import { TestApp } from "../src/testapp";
import { pause, settles } from "../src/wait";

const SIZE = { width: 400, height: 300 };
/** How long nothing may come of a minimised window, in milliseconds. */
const WHILE = 1500;

// The X11 app's title bar is the desk's; the other one says that it draws its own, so it has only keys and
// the taskbar.
for (const [kind, flags, barred] of [
  ["an X11 app", ["--x11"], true],
  ["a Wayland app", [], false],
] as const) {
  forEachEngine(`windows of ${kind}`, (engine: Engine) => {
    let desk: Desk;
    let app: TestApp;
    let before: Shown;
    const title = `The size of ${kind}`;
    const entry = role("button", title);
    const press = (key: string) => desk.page.press(`Control+Alt+${key}`);
    const shown = () => desk.window(TestApp.ID);

    story(
      `windows of ${kind}, ${engine.name},`,
      () => Stage.set(engine, {}),
      (step) => {
        step("opens at the app's own size", async (stage) => {
          const size = ["--size", `${SIZE.width}x${SIZE.height}`, "--title", title];
          app = await TestApp.start(stage.host, [...size, ...flags]);
          desk = await stage.open("&probe");
          await has(SIZE);
          before = await shown();
          await app.focus(desk, before);
        });

        if (barred) byTitleBar(step);

        step("is maximised and restored by keys", async () => {
          await press("ArrowUp");
          await fills((room) => room);
          await press("ArrowUp");
          await asBefore();
          await press("ArrowUp");
          await fills((room) => room);
          await press("ArrowDown");
          await asBefore();
        });

        step("fills one half of the desk, and the other, by keys", async () => {
          await press("ArrowLeft");
          await fills((room) => ({ ...room, width: room.width / 2 }));
          await press("ArrowRight");
          await fills((room) => ({ ...room, x: room.width / 2, width: room.width / 2 }));
          await press("ArrowDown");
          await asBefore();
        });

        step("is minimised: nothing comes while it draws, and the taskbar brings it back", async () => {
          await app.motion(30);
          if (barred) await desk.clickPart(await shown(), "Minimise");
          else await press("ArrowDown");
          await desk.without(TestApp.ID);
          await nothingComes();
          await app.motion(null);
          await click(desk.page, entry);
          await asBefore();
        });

        step("is minimised by the taskbar, and brought back", async () => {
          await click(desk.page, entry);
          await desk.without(TestApp.ID);
          await click(desk.page, entry);
          await asBefore();
        });

        step("is minimised by keys, and has the keyboard when it is back", async (stage) => {
          await press("ArrowDown");
          await desk.without(TestApp.ID);
          await click(desk.page, entry);
          await asBefore();
          const { input } = await app.state();
          await desk.page.press("a");
          await settles(
            "the key",
            async () => (await app.state()).input,
            (now) => now > input,
          );
          expect(stage.browser.complaints).toEqual([]);
        });
      },
    );

    function byTitleBar(step: Step): void {
      step("is maximised by its title bar, and the app fills the desk", async () => {
        await desk.clickPart(before, "Maximise");
        await fills((room) => room);
        await inState("maximized");
      });

      step("is restored by its title bar, to the size and the place it had", async () => {
        await desk.clickPart(await shown(), "Restore");
        await asBefore();
      });

      step("is maximised and restored by a double click on the title bar", async () => {
        await twice();
        await fills((room) => room);
        await twice();
        await asBefore();
      });
    }

    /** Waits until the app has this size, and the page shows it pixel by pixel. */
    async function has(size: { width: number; height: number }): Promise<void> {
      const read = async () => {
        const [{ width, height }, { pixels }] = [await app.state(), await shown()];
        return { app: { width, height }, page: pixels };
      };
      const { width, height } = size;
      const wanted = JSON.stringify({ width, height });
      await settles("the size", read, ({ app, page }) =>
        [app, page].every(({ width, height }) => JSON.stringify({ width, height }) === wanted),
      );
      await settles(
        "every pixel",
        async () => app.differing(desk, await shown()),
        (pixels) => pixels === 0,
      );
    }

    /**
     * Waits until the window is as large as a part of the desk, and the app fills all of it but for the title
     * bar.
     */
    async function fills(part: (room: Box) => Box): Promise<void> {
      const room = await desk.page.evaluate(() => {
        const { x, y, width, height } = (document.querySelector(".stage") as Element).getBoundingClientRect();
        return { x, y, width, height };
      });
      const wanted = part(room);
      const { box, canvas } = await settles("the room", shown, ({ box }) =>
        (["x", "y", "width", "height"] as const).every((side) => Math.abs(box[side] - wanted[side]) <= 2),
      );
      expect(box.height - canvas.height).toBeLessThan(40);
      await has({ width: Math.round(canvas.width), height: Math.round(canvas.height) });
    }

    async function asBefore(): Promise<void> {
      await has(SIZE);
      const { box } = await shown();
      expect([box.x, box.y]).toEqual([before.box.x, before.box.y]);
    }

    async function inState(word: string): Promise<void> {
      await settles("the window's state", shown, ({ state }) => state.split(" ").includes(word));
    }

    async function twice(): Promise<void> {
      const { track } = await shown();
      const bar = await locate(desk.page, { selector: `[data-track="${track}"] .title` });
      await desk.page.twice(bar.x + bar.width / 2, bar.y + bar.height / 2);
    }

    /** Waits until what was under way has come; then nothing does, though the app draws on. */
    async function nothingComes(): Promise<void> {
      let last = -1;
      const rested = await settles(
        "the last update",
        async () => {
          const before = last;
          last = await updates(desk);
          await pause(300);
          return last === before;
        },
        Boolean,
      );
      expect(rested).toBe(true);
      const { frame } = await app.state();
      await pause(WHILE);
      expect(await updates(desk)).toBe(last);
      await settles(
        "a picture that nobody sees",
        async () => (await app.state()).frame,
        (now) => now > frame,
      );
    }
  });
}
