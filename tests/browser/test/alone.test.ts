/** Single-window mode: `&window=APP` shows one app's windows, without a desk around them. */

import { expect } from "vitest";
import { Chromium } from "../src/browsers/chromium";
import type { Desk } from "../src/desk";
import { whereAble } from "../src/each";
import { all, role } from "../src/elements";
import { Stage } from "../src/stage";
import { story } from "../src/story";
import { settles } from "../src/wait";

const EDITOR = "l3afpad";

whereAble("a window alone on a page", Chromium.hindrance, () => {
  let desk: Desk;
  const apps = async () => (await desk.windows()).filter(({ popup }) => !popup).map(({ appId }) => appId);
  const waits = () =>
    desk.page.evaluate(() => document.querySelector(".empty-desk:not([hidden])")?.textContent ?? "");

  story(
    "a window alone on a page",
    () => Stage.set(Chromium, {}),
    (step) => {
      step("is waited for, whatever else there is", async (stage) => {
        await stage.host.run("foot", "--log-level=error");
        const other = await stage.open();
        await other.window("foot");
        await other.page.close();
        stage.pages.pop();
        desk = await stage.open(`&window=${EDITOR}`);
        await settles("words for who waits", waits, (text) => text.includes(EDITOR));
        expect(await apps()).toEqual([]);
        expect(await all(desk.page, role("button", "Apps"))).toEqual([]);
      });

      step("fills the page without a frame, and follows its size", async (stage) => {
        await stage.host.run("l3afpad", stage.host.file("note.txt"));
        await desk.window(EDITOR);
        const fills = async (width: number, height: number) => {
          await desk.page.resize(width, height);
          await settles(
            "a window that fills the page",
            async () => (await desk.window(EDITOR)).canvas,
            (canvas) => JSON.stringify(canvas) === JSON.stringify({ x: 0, y: 0, width, height }),
          );
        };
        await fills(1280, 800);
        await fills(900, 500);
        expect(await apps()).toEqual([EDITOR]);
        expect(await waits()).toBe("");
      });

      step("has its dialogs before it", async (stage) => {
        await desk.focus(await desk.window(EDITOR));
        await desk.page.press("Control+o");
        await settles("a dialog", apps, (ids) => ids.length === 2);
        await desk.page.press("Escape");
        await settles("the editor alone", apps, (ids) => ids.length === 1);
        await desk.page.type("alone");
        await settles(
          "the saved text",
          async () => {
            await desk.page.press("Control+s");
            return stage.host.read("note.txt").trimEnd();
          },
          (text) => text === "alone",
        );
        expect(stage.browser.complaints).toEqual([]);
      });
    },
  );
});
