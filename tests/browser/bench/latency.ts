/** Key → pixel in Chromium, over each transport, above the app's own reaction. */

import { Chromium } from "../src/browsers/chromium";
import { Stage } from "../src/stage";
import { TestApp } from "../src/testapp";
import { pause, settles } from "../src/wait";
import { goal, percentile, row, text, type Row } from "./numbers";
import { Recorder, type Eye } from "./recorder";
import type { Effort } from "./effort";

/** Milliseconds over the app's own reaction. */
const GOALS = { webtransport: 15, webrtc: 15, websocket: 20 };

export async function latency(effort: Effort): Promise<Row[]> {
  const rows: Row[] = [];
  for (const transport of Chromium.transports) {
    const drawn = await measure(transport, "drawn", effort.of(300));
    const most = GOALS[transport];
    const [what, p50] = [
      `key → pixel of the canvas, ${transport}, over the app's own reaction`,
      percentile(drawn.above, 0.5),
    ];
    rows.push(goal(what, text(drawn.above), `p50 ≤ ${most} ms`, p50 <= most));
    rows.push(row(`the app's own reaction to these ${drawn.own.length} keys`, text(drawn.own)));
    const shown = await measure(transport, "shown", effort.of(100));
    rows.push(row(`the same, composed by the browser (60 pictures a second)`, text(shown.above)));
  }
  return rows;
}

async function measure(transport: string, eye: Eye, count: number) {
  const stage = await Stage.set(Chromium, {});
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
    const first = (await app.state()).input;
    const recorder = await Recorder.start(desk, window, eye);
    await settles(
      "the first look",
      () => recorder.changes(),
      (changes) => changes > 0,
    );
    for (let key = 1; key <= count; key++) {
      const before = await recorder.changes();
      await desk.page.press("a");
      await settles(
        "a key's pixels",
        () => recorder.changes(),
        (changes) => changes > before,
      );
      // Not in step with anything.
      await pause(20 + ((key * 7) % 17));
    }
    const { seen, keys } = await recorder.stop();
    const whole = keys.map((at, index) => {
      const answer = seen.find(({ input }) => input >= first + index + 1);
      return (answer?.at ?? Number.POSITIVE_INFINITY) - at;
    });
    const reactions = app.reactions().slice(-count);
    const own = reactions.map(({ received, committed }) => (committed - received) / 1000);
    return { own, above: whole.map((time, index) => time - (own[index] ?? 0)) };
  } finally {
    await stage.clear();
  }
}
