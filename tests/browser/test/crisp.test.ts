/** One pixel of the app is one pixel of the screen, whatever the screen's ratio and the page's zoom. */

import { readFileSync, writeFileSync } from "node:fs";
import { expect } from "vitest";
import { ChromiumTabs, onScreen } from "../src/browsers/tabs";
import type { Desk, Shown } from "../src/desk";
import { whereAble } from "../src/each";
import { decodePng } from "../src/png";
import { Stage } from "../src/stage";
import { story } from "../src/story";
import { pixels } from "../src/testapp";
import { settles, until } from "../src/wait";

/** Ratios of screens, and what zooming a page makes of them: 110 % of 1, 80 % of 1.5. */
const RATIOS = [1, 1.1, 1.2, 1.25, 1.5, 2];

/**
 * Debian's terminals and toolkits draw at whole scales only; Chromium, as an app of the session, draws at
 * every scale.
 */
const APP = [
  ...["chromium", "--no-sandbox", "--disable-gpu", "--no-first-run", "--ozone-platform=wayland"],
  ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
];
const TEXT =
  '<!doctype html><meta charset="utf-8"><title>Text</title>' +
  Array.from({ length: 40 }, (_, line) => `${line}: The quick brown fox, Grüße, 世界<br>`).join("");

for (const ratio of RATIOS) {
  whereAble(`crisp pictures at ${ratio} device pixels per CSS pixel`, ChromiumTabs.hindrance, () => {
    let desk: Desk;
    const shown = () => until("the app's window", async () => (await desk.windows())[0]);

    story(
      `crisp pictures at ${ratio}`,
      () => Stage.set({ start: () => onScreen(ratio) }, {}),
      (step) => {
        step("are drawn for this screen", async (stage) => {
          desk = await stage.open("&probe");
          writeFileSync(stage.host.file("text.html"), TEXT);
          const address = `file://${stage.host.file("text.html")}`;
          await stage.host.run(...APP, `--user-data-dir=${stage.host.file("app")}`, `--app=${address}`);
          expect(await desk.page.evaluate(() => devicePixelRatio)).toBeCloseTo(ratio, 3);
          await settles(
            "a picture for this screen, on whole pixels of it",
            shown,
            ({ canvas, pixels }) =>
              near(canvas.width * ratio, pixels.width) &&
              near(canvas.height * ratio, pixels.height) &&
              near(canvas.x * ratio, Math.round(canvas.x * ratio)) &&
              near(canvas.y * ratio, Math.round(canvas.y * ratio)),
          );
        });

        step("are on the screen as they are on the canvas", async (stage) => {
          await settles(
            "the same pixels",
            async () => blurred(stage.host.file("screen.png"), await shown()),
            (differing) => differing === 0,
          );
        });
      },
    );

    /** How many pixels that the browser composed are not those of the canvas. */
    async function blurred(file: string, window: Shown): Promise<number> {
      const { width, height } = window.pixels;
      const own = await pixels(desk, window, { x: 0, y: 0, width, height });
      await desk.page.screenshot(file);
      const screen = decodePng(readFileSync(file));
      const [left, top] = [Math.round(window.canvas.x * ratio), Math.round(window.canvas.y * ratio)];
      const seen = {
        width: Math.min(width, screen.width - left),
        height: Math.min(height, screen.height - top),
      };
      const shades = new Set<number>();
      let differing = 0;
      for (let y = 0; y < seen.height; y++) {
        for (let x = 0; x < seen.width; x++) {
          const [there, here] = [((top + y) * screen.width + left + x) * 4, (y * width + x) * 4];
          shades.add(own.rgba[here] as number);
          const same = [0, 1, 2].every(
            (channel) => screen.rgba[there + channel] === own.rgba[here + channel],
          );
          if (!same) differing++;
        }
      }
      // Text has many shades; nothing at all would be alike, too.
      return shades.size > 20 && seen.height > 200 ? differing : width * height;
    }
  });
}

/** Browsers count CSS pixels in 64ths. */
function near(one: number, other: number): boolean {
  return Math.abs(one - other) < 0.05;
}
