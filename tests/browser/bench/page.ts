/** The page itself: its weight, and how long a link takes to become a window. */

import { request } from "node:https";
import { Chromium, type ChromiumPage } from "../src/browsers/chromium";
import { Desk } from "../src/desk";
import { Stage } from "../src/stage";
import { TestApp } from "../src/testapp";
import { goal, percentile, text, type Row } from "./numbers";
import { Recorder } from "./recorder";
import { settles } from "../src/wait";
import type { Effort } from "./effort";

export async function page(effort: Effort): Promise<Row[]> {
  const times: number[] = [];
  let weight = 0;
  const stage = await Stage.set(Chromium, {});
  try {
    await TestApp.start(stage.host, ["--size", "1024x640"]);
    for (let visit = 0; visit < effort.of(15); visit++) {
      const tab = (await stage.browser.newPage()) as ChromiumPage;
      const addresses = new Set<string>();
      tab.tab.on("request", (request) => addresses.add(request.url()));
      times.push(await firstWindow(stage, tab));
      if (visit === 0) weight = await weigh([...addresses].filter((address) => !address.includes("/api/")));
      await tab.close();
    }
  } finally {
    await stage.clear();
  }
  const p50 = percentile(times, 0.5);
  return [
    goal("page weight, gzip", `${(weight / 1000).toFixed(0)} kB`, "≤ 120 kB", weight <= 120_000),
    goal("link opened → first window drawn", text(times), "≤ 1000 ms", p50 <= 1000),
  ];
}

/** From the start of the navigation until the window's pixels are on the canvas, in milliseconds. */
async function firstWindow(stage: Stage, tab: ChromiumPage): Promise<number> {
  await tab.goto(`${stage.host.link}&probe`);
  const desk = new Desk(tab);
  const window = await desk.window(TestApp.ID);
  const recorder = await Recorder.start(desk, window, "drawn");
  await settles(
    "the window's picture",
    () => recorder.changes(),
    (changes) => changes > 0,
  );
  const { seen } = await recorder.stop();
  return seen[0]?.at ?? Number.NaN;
}

/** Bytes of all answers, compressed with gzip where the host does. */
async function weigh(addresses: string[]): Promise<number> {
  const sizes = await Promise.all(addresses.filter((address) => address.startsWith("https:")).map(size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

function size(address: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { "Accept-Encoding": "gzip" };
    const asked = request(address, { headers, rejectUnauthorized: false }, (answer) => {
      let bytes = 0;
      answer.on("data", (chunk: Buffer) => (bytes += chunk.length));
      answer.on("end", () => resolve(bytes));
    });
    asked.on("error", reject);
    asked.end();
  });
}
