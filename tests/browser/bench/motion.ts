/** A film in a window: pictures shown, and how busy the page's main thread is with it. */

import { Chromium, type ChromiumPage } from "../src/browsers/chromium";
import { Stage } from "../src/stage";
import { TestApp } from "../src/testapp";
import { pause, settles } from "../src/wait";
import { goal, row, type Row } from "./numbers";
import { Recorder } from "./recorder";
import type { Effort } from "./effort";

export async function motion(effort: Effort): Promise<Row[]> {
  const rows: Row[] = [];
  for (const transport of Chromium.transports) rows.push(...(await measure(transport, effort.of(20))));
  return rows;
}

async function measure(transport: string, seconds: number): Promise<Row[]> {
  const what = `1280×720, 30 fps, ${transport}`;
  const stage = await Stage.set(Chromium, {});
  try {
    const app = await TestApp.start(stage.host, ["--size", "1280x720", "--motion", "30"]);
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

    const made = (await app.state()).frame;
    const recorder = await Recorder.start(desk, window, "shown");
    const begun = Date.now();
    await pause(seconds * 1000);
    const { seen } = await recorder.stop();
    const within = (Date.now() - begun) / 1000;
    const own = ((await app.state()).frame - made) / within;
    const shown = new Set(seen.map(({ frame }) => frame)).size / within;
    return [
      goal(
        `${what}: pictures shown`,
        `${shown.toFixed(1)}/s of ${own.toFixed(1)}/s made`,
        "≥ 28/s",
        shown >= 28,
      ),
      goal(`${what}: main thread busy`, `${(share * 100).toFixed(0)} %`, "< 30 %", share < 0.3),
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
