/** A hidden tab is looked at again: how long until it shows what the app shows now. */

import { ChromiumTabs } from "../src/browsers/tabs";
import { CELL, CODE, COLUMNS, ROWS } from "../src/code";
import type { Desk } from "../src/desk";
import { away } from "../src/hiding";
import type { Picture } from "../src/png";
import { Stage } from "../src/stage";
import { TestApp } from "../src/testapp";
import { pause, settles } from "../src/wait";
import type { Effort } from "./effort";
import { goal, percentile, row, text, type Row } from "./numbers";

/** How much the app draws while nobody looks, in milliseconds. */
const AWAY = 1500;

/** Milliseconds that people may see something old. */
const GOAL = 200;

/** A film in a part of the window: what else is there has not changed. */
const PART = "320x240";

interface Return {
  /** When its newest picture was seen, perhaps as a video, in milliseconds after the tab was shown. */
  newest: number;
  /** When every pixel was right. */
  exact: number;
}

export async function returning(effort: Effort): Promise<Row[]> {
  const rows: Row[] = [];
  for (const transport of ChromiumTabs.transports) {
    const part = await measure(transport, effort.of(20), ["--area", PART]);
    const all = await measure(transport, effort.of(10), []);
    const meets = (what: string, times: number[]) =>
      goal(
        `tab looked at again → ${what}, ${transport}`,
        text(times),
        `p95 ≤ ${GOAL} ms`,
        percentile(times, 0.95) <= GOAL,
      );
    rows.push(
      meets(
        `every pixel of 1280×720 exact, ${PART.replace("x", "×")} of them a film`,
        part.map(({ exact }) => exact),
      ),
      meets(
        "the newest picture of a 1280×720 film",
        all.map(({ newest }) => newest),
      ),
      row(`every pixel of that film exact, ${transport}`, text(all.map(({ exact }) => exact))),
    );
  }
  return rows;
}

async function measure(transport: string, count: number, flags: string[]): Promise<Return[]> {
  const stage = await Stage.set(ChromiumTabs, {});
  try {
    const app = await TestApp.start(stage.host, ["--size", "1280x720", "--motion", "30", ...flags]);
    const desk = await stage.open(`&only=${transport}&probe`);
    const other = await stage.browser.newPage();
    await desk.page.toFront();
    await desk.page.resize(1400, 900);
    const window = await desk.window(TestApp.ID);
    const shown = async () => (await app.shown(desk, window))?.frame ?? 0;
    const drawn = async () => (await app.state()).frame;
    const returns: Return[] = [];
    for (let visit = 0; visit < count; visit++) {
      await app.motion(30);
      const start = await drawn();
      await settles("a film on the page", shown, (frame) => frame > start + 15);
      await away(desk, other);
      await pause(AWAY);
      await app.motion(null);
      const own = await app.own();
      const place = { ...CODE, cell: CELL, columns: COLUMNS, rows: ROWS };
      await desk.page.evaluate(watch, window.track, place, (await app.state()).frame, sum(own));
      await desk.page.toFront();
      const [newest, exact] = await settles(
        "every pixel",
        () => times(desk),
        ({ length }) => length === 2,
      );
      returns.push({ newest: newest as number, exact: exact as number });
    }
    return returns;
  } finally {
    await stage.clear();
  }
}

/** A sum of all colours and their places. */
function sum({ rgba }: Picture): number {
  const words = new Uint32Array(rgba.buffer, rgba.byteOffset, rgba.length / 4);
  let sum = 1;
  for (const word of words) sum = (Math.imul(sum, 31) + (word & 0xffffff)) | 0;
  return sum;
}

function times(desk: Desk): Promise<number[]> {
  return desk.page.evaluate(() => (globalThis as unknown as { returned: number[] }).returned);
}

interface Place {
  x: number;
  y: number;
  width: number;
  height: number;
  cell: number;
  columns: number;
  rows: number;
}

/**
 * Runs in the page: notes how long after it was shown the code had this frame's number, and the whole picture
 * this sum.
 */
function watch(track: string, place: Place, frame: number, wanted: number): void {
  const page = globalThis as unknown as {
    dormer: { pixels(track: number, rect: object): Promise<{ rgba: Uint8Array | null }> };
    returned: number[];
  };
  page.returned = [];
  const own = document.querySelector<HTMLElement>(`[data-track="${track}"]`)?.dataset["picture"];
  const [width, height] = (own ?? "").split("x").map(Number);
  const isNewest = (rgba: Uint8Array) => {
    const { cell, columns, width } = place;
    let number = 0;
    for (let at = 3 * columns; at < 5 * columns; at++) {
      const [row, column] = [Math.floor(at / columns), at % columns];
      const pixel = (row * cell + cell / 2) * width + column * cell + cell / 2;
      number = number * 2 + Number((rgba[pixel * 4 + 1] ?? 0) >= 128);
    }
    return number === frame;
  };
  const isExact = (rgba: Uint8Array) => {
    const words = new Uint32Array(rgba.buffer, rgba.byteOffset, rgba.length / 4);
    let sum = 1;
    for (const word of words) sum = (Math.imul(sum, 31) + (word & 0xffffff)) | 0;
    return sum === wanted;
  };
  const until = async (since: number, rect: object, is: (rgba: Uint8Array) => boolean) => {
    for (;;) {
      const { rgba } = await page.dormer.pixels(Number(track), rect);
      const at = performance.now();
      if (rgba !== null && is(rgba)) return page.returned.push(at - since);
    }
  };
  const seen = async () => {
    if (document.visibilityState !== "visible") return;
    document.removeEventListener("visibilitychange", seen);
    const now = performance.now();
    await until(now, { x: place.x, y: place.y, w: place.width, h: place.height }, isNewest);
    await until(now, { x: 0, y: 0, w: width, h: height }, isExact);
  };
  document.addEventListener("visibilitychange", seen);
}
