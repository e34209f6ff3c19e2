/** A bad network: typing, and a film, over each transport. */

import { Chromium } from "../src/browsers/chromium";
import { networkHindrance } from "../src/network";
import { Stage } from "../src/stage";
import { TestApp } from "../src/testapp";
import { pause, settles } from "../src/wait";
import { longest } from "./motion";
import { goal, percentile, row, text, type Row } from "./numbers";
import { Recorder } from "./recorder";
import type { Effort } from "./effort";

const BAD = { roundTrip: 80, loss: 0.02, rate: 10_000_000 };
/** Faster than most people type. */
const PACE = 120;

export async function loss(effort: Effort): Promise<Row[]> {
  const hindrance = networkHindrance();
  if (hindrance !== null) return [row("loss 2 %, round trip 80 ms, 10 Mbit/s", `skipped: ${hindrance}`)];
  const rows: Row[] = [];
  for (const transport of Chromium.transports) {
    rows.push(...(await typing(transport, effort.of(250))));
    rows.push(...(await film(transport, effort.of(30))));
  }
  return rows;
}

async function typing(transport: string, count: number): Promise<Row[]> {
  const what = `2 % loss, 80 ms, 10 Mbit/s, ${transport}: key → pixel`;
  const stage = await Stage.set(Chromium, { far: true });
  try {
    const app = await TestApp.start(stage.host, ["--size", "1024x640"]);
    const desk = await stage.open(`&only=${transport}&probe`);
    const window = await desk.window(TestApp.ID);
    await app.focus(desk, window);
    await settles(
      "an app at rest",
      () => app.differing(desk, window),
      (pixels) => pixels === 0,
    );
    await stage.host.network.shape(BAD);
    const first = (await app.state()).input;
    const recorder = await Recorder.start(desk, window, "drawn");
    for (let key = 0; key < count; key++) {
      const due = Date.now() + PACE;
      await desk.page.press("a");
      await pause(Math.max(0, due - Date.now()));
    }
    await settles(
      "the last key",
      async () => (await app.state()).input,
      (input) => input >= first + count,
    );
    await settles(
      "the last picture",
      async () => (await app.shown(desk, window))?.input,
      (input) => input === first + count,
    );
    const { seen, keys } = await recorder.stop();
    const times = keys.map((at, index) => {
      const answer = seen.find(({ input }) => input >= first + index + 1);
      return (answer?.at ?? Number.POSITIVE_INFINITY) - at;
    });
    return [goal(what, text(times), "p95 ≤ 250 ms", percentile(times, 0.95) <= 250)];
  } finally {
    await stage.clear();
  }
}

async function film(transport: string, seconds: number): Promise<Row[]> {
  const what = `2 % loss, 80 ms, 10 Mbit/s, ${transport}: 1280×720, 30 fps`;
  const stage = await Stage.set(Chromium, { far: true });
  try {
    const app = await TestApp.start(stage.host, ["--size", "1280x720", "--motion", "30"]);
    const desk = await stage.open(`&only=${transport}&probe`);
    await desk.page.resize(1400, 900);
    const window = await desk.window(TestApp.ID);
    await stage.host.network.shape(BAD);
    // The link must have found its rate.
    const start = (await app.state()).frame;
    await settles(
      "some seconds of motion",
      async () => (await app.state()).frame - start,
      (frames) => frames > 150,
    );
    const recorder = await Recorder.start(desk, window, "shown");
    await pause(seconds * 1000);
    const { seen } = await recorder.stop();
    const rate = new Set(seen.map(({ frame }) => frame)).size / seconds;
    const freeze = longest(seen);
    return [
      goal(
        `${what}: longest time without a new picture`,
        `${freeze.toFixed(0)} ms, ${rate.toFixed(1)} pictures/s`,
        "≤ 500 ms",
        freeze <= 500,
      ),
    ];
  } finally {
    await stage.clear();
  }
}
