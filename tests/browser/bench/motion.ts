/**
 * A film, and text that scrolls, in a window: pictures shown, how busy the page's main thread is with it, and
 * what a picture that is shown costs in all of the browser's processes.
 */

import { Chromium, type ChromiumBrowser, type ChromiumPage } from "../src/browsers/chromium";
import { Stage } from "../src/stage";
import { TestApp } from "../src/testapp";
import { pause, settles } from "../src/wait";
import { goal, row, type Row } from "./numbers";
import { Recorder } from "./recorder";
import type { Effort } from "./effort";

export async function motion(effort: Effort): Promise<Row[]> {
  const rows: Row[] = [];
  for (const content of ["film", "text"] as const) {
    for (const transport of Chromium.transports) {
      rows.push(...(await measure(content, transport, effort.of(20))));
    }
  }
  return rows;
}

async function measure(content: "film" | "text", transport: string, seconds: number): Promise<Row[]> {
  const what = `${content === "film" ? "" : "scrolling text, "}1280×720, 30 fps, ${transport}`;
  const stage = await Stage.set(Chromium, {});
  try {
    const app = await TestApp.start(stage.host, [
      ...["--size", "1280x720", "--motion", "30"],
      ...(content === "text" ? ["--text", "--area", "990x660"] : []),
    ]);
    const desk = await stage.open(`&only=${transport}&probe`);
    const { cdp } = desk.page as ChromiumPage;
    await desk.page.resize(1400, 900);
    const window = await desk.window(TestApp.ID);
    // Motion must be recognised before it is measured.
    const start = (await app.state()).frame;
    await settles(
      "some seconds of motion",
      async () => (await app.state()).frame - start,
      (frames) => frames > 120,
    );

    await cdp.send("Performance.enable");
    const before = await busy(cdp);
    await pause(seconds * 1000);
    const after = await busy(cdp);
    const share = (after.task - before.task) / (after.at - before.at);

    const browser = stage.browser as ChromiumBrowser;
    const [made, spent] = [(await app.state()).frame, await browser.cpu()];
    const recorder = await Recorder.start(desk, window, "shown");
    const begun = Date.now();
    await pause(seconds * 1000);
    const { seen } = await recorder.stop();
    const cpu = (await browser.cpu()) - spent;
    const within = (Date.now() - begun) / 1000;
    const own = ((await app.state()).frame - made) / within;
    const count = new Set(seen.map(({ frame }) => frame)).size;
    const shown = count / within;
    return [
      goal(
        `${what}: pictures shown`,
        `${shown.toFixed(1)}/s of ${own.toFixed(1)}/s made`,
        "≥ 28/s",
        shown >= 28,
      ),
      goal(`${what}: main thread busy`, `${(share * 100).toFixed(0)} %`, "< 30 %", share < 0.3),
      row(`${what}: CPU of the browser for a picture shown`, `${((cpu * 1000) / count).toFixed(1)} ms`),
      row(`${what}: longest time without a new picture`, `${longest(seen).toFixed(0)} ms`),
    ];
  } finally {
    await stage.clear();
  }
}

/** The longest gap between two pictures, in milliseconds. */
export function longest(seen: { at: number }[]): number {
  return Math.max(...seen.slice(1).map(({ at }, index) => at - (seen[index]?.at ?? at)));
}

/** Seconds of the main thread's tasks, and of the clock. */
async function busy(cdp: ChromiumPage["cdp"]): Promise<{ task: number; at: number }> {
  const { metrics } = await cdp.send("Performance.getMetrics");
  const value = (name: string) => metrics.find((metric) => metric.name === name)?.value ?? Number.NaN;
  return { task: value("TaskDuration"), at: value("Timestamp") };
}
