/**
 * An app that wants the pointer to itself, as games do: it gets all of its way, and Esc and the app itself
 * give it back.
 */

import { expect } from "vitest";
import type { Button, Engine } from "../src/browsers/browser";
import { Chromium } from "../src/browsers/chromium";
import { Firefox } from "../src/browsers/firefox";
import type { Desk, Shown } from "../src/desk";
import { whereAble } from "../src/each";
import { Stage } from "../src/stage";
import { story } from "../src/story";
import { TestApp } from "../src/testapp";
import { pause, settles, until } from "../src/wait";

/** Units of the app's account of its motion: 256ths of a pixel. */
const PIXEL = 256;

for (const engine of [Chromium, Firefox] as Engine[]) {
  whereAble(`a locked pointer, ${engine.name}`, engine.hindrance, () => {
    let desk: Desk;
    let app: TestApp;
    let window: Shown;

    story(
      `a locked pointer, ${engine.name},`,
      () => Stage.set(engine, {}),
      (step) => {
        step("is the app's after a press on its window", async (stage) => {
          app = await TestApp.start(stage.host, ["--size", "640x480", "--lock-pointer"]);
          desk = await stage.open("&probe");
          window = await desk.window(TestApp.ID);
          expect(await locked()).toBe(false);
          await press();
          await held(true);
          await settles("the browser's pointer lock", locked, Boolean);
        });

        step("goes further than the window is wide, and the app loses nothing of its way", async () => {
          const before = await atRest();
          await listen();
          const { x, y } = middle();
          for (let step = 0; step < 60; step++) {
            await desk.page.move(x + 20, y);
            await desk.page.move(x + 20, y + 10);
            await desk.page.move(x, y + 10);
          }
          const told = await heard();
          expect(told.length).toBeGreaterThan(2 * window.canvas.width);
          await settles("all of the way", way, (now) => {
            return now.x - before.x === told.x * PIXEL && now.y - before.y === told.y * PIXEL;
          });
        });

        step("is given back when the app lets go of it", async () => {
          await press();
          await held(false);
          await settles("the browser's pointer", locked, (is) => !is);
        });

        step("is taken back by Esc, and is the app's again after the next press", async (stage) => {
          await press();
          await settles("the browser's pointer lock", locked, Boolean);
          // What the browser's own key does: pages never see it.
          await desk.page.evaluate(() => document.exitPointerLock());
          await settles("the browser's pointer", locked, (is) => !is);
          // A button that means nothing to this app: the left one would let go of the lock.
          await press("middle");
          await settles("the browser's pointer lock", locked, Boolean);
          expect(stage.browser.complaints).toEqual([]);
        });
      },
    );

    function middle(): { x: number; y: number } {
      const { x, y, width, height } = window.canvas;
      return { x: Math.round(x + width / 2), y: Math.round(y + height / 2) };
    }

    async function press(button: Button = "left"): Promise<void> {
      const { x, y } = middle();
      await desk.page.move(x, y);
      await desk.page.down(button);
      await desk.page.up(button);
    }

    function locked(): Promise<boolean> {
      return desk.page.evaluate(() => document.pointerLockElement !== null);
    }

    async function held(held: boolean): Promise<void> {
      await until(`a lock that is ${held ? "held" : "over"}`, () => {
        return app.entries<{ held: boolean }>("lock").at(-1)?.held === held;
      });
    }

    function counted(): { dx: number; dy: number }[] {
      return app.entries<{ dx: number; dy: number }>("pushed");
    }

    function way(): { x: number; y: number } {
      return counted().reduce(({ x, y }, { dx, dy }) => ({ x: x + dx, y: y + dy }), { x: 0, y: 0 });
    }

    /**
     * Where the pointer is once nothing is under way any more: a push of its own came through, and nothing
     * after it.
     */
    async function atRest(): Promise<{ x: number; y: number }> {
      const { x, y } = middle();
      await until("a push", async () => {
        await desk.page.move(x + 5, y);
        await desk.page.move(x, y);
        return counted().length > 0;
      });
      let last = "";
      return until("the last push", async () => {
        const before = last;
        last = JSON.stringify(way());
        await pause(200);
        return last === before ? way() : null;
      });
    }

    /**
     * What the browser tells of the pointer's way: drivers do not move it by what they say, but to where they
     * say.
     */
    function listen(): Promise<void> {
      return desk.page.evaluate(() => {
        const noted = globalThis as unknown as { way: { x: number; y: number; length: number } };
        noted.way = { x: 0, y: 0, length: 0 };
        document.addEventListener("pointermove", ({ movementX, movementY }) => {
          noted.way.x += movementX;
          noted.way.y += movementY;
          noted.way.length += Math.abs(movementX) + Math.abs(movementY);
        });
      });
    }

    function heard(): Promise<{ x: number; y: number; length: number }> {
      return desk.page.evaluate(
        () => (globalThis as unknown as { way: { x: number; y: number; length: number } }).way,
      );
    }
  });
}
