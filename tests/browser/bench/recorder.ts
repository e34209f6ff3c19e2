/**
 * Watches the test app's block code on the page and notes when it changed, without touching what draws it.
 */

import { CELL, CODE, COLUMNS, readCells, ROWS, type Code } from "../src/code";
import type { Desk, Shown } from "../src/desk";

/** What was seen, and when, in milliseconds of the page's clock. */
export interface Seen extends Code {
  at: number;
}

/** Where the recorder looks. */
export type Eye =
  /** At the canvas itself, as soon as something is drawn there. */
  | "drawn"
  /** At what the page shows of the canvas, once for every picture that the browser composes. */
  | "shown";

interface Notes {
  seen: [number, string][];
  keys: number[];
}

export class Recorder {
  private constructor(private readonly desk: Desk) {}

  static async start(desk: Desk, window: Shown, eye: Eye): Promise<Recorder> {
    await desk.page.evaluate(watch, window.track, eye, { ...CODE, cell: CELL, columns: COLUMNS, rows: ROWS });
    return new Recorder(desk);
  }

  /** All codes that were seen, each once, and when keys were pressed. */
  async stop(): Promise<{ seen: Seen[]; keys: number[] }> {
    const notes = await this.desk.page.evaluate(stop);
    const seen = notes.seen.flatMap(([at, cells]) => {
      const code = readCells(cells);
      return code ? [{ at, ...code }] : [];
    });
    return { seen, keys: notes.keys };
  }

  /** How many changes were seen so far. */
  changes(): Promise<number> {
    return this.desk.page.evaluate(
      () => (globalThis as unknown as { recorder: { seen: unknown[] } }).recorder.seen.length,
    );
  }
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

/** Runs in the page. */
function watch(track: string, eye: string, place: Place): void {
  const { x, y, width: w, height: h, cell, columns, rows } = place;
  const page = globalThis as unknown as {
    dormer: { pixels(track: number, rect: object): Promise<{ rgba: Uint8Array | null }> };
    recorder: Notes & { end: boolean };
  };
  const notes: Notes & { end: boolean } = { seen: [], keys: [], end: false };
  page.recorder = notes;
  addEventListener("keydown", (event) => notes.keys.push(event.timeStamp), { capture: true });
  let last = "";
  const note = (rgba: ArrayLike<number>) => {
    let cells = "";
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const pixel = (row * cell + cell / 2) * w + column * cell + cell / 2;
        cells += (rgba[pixel * 4 + 1] ?? 0) >= 128 ? "1" : "0";
      }
    }
    if (cells !== last) notes.seen.push([performance.now(), cells]);
    last = cells;
  };
  if (eye === "drawn") {
    void (async () => {
      while (!notes.end) {
        const { rgba } = await page.dormer.pixels(Number(track), { x, y, w, h });
        if (rgba) note(rgba);
      }
    })();
    return;
  }
  const copy = document.createElement("canvas");
  [copy.width, copy.height] = [w, h];
  const context = copy.getContext("2d", { willReadFrequently: true }) as CanvasRenderingContext2D;
  const look = () => {
    if (notes.end) return;
    const canvas = document.querySelector<HTMLCanvasElement>(`[data-track="${track}"] canvas`);
    if (canvas) {
      context.drawImage(canvas, x, y, w, h, 0, 0, w, h);
      note(context.getImageData(0, 0, w, h).data);
    }
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}

/** Runs in the page. */
function stop(): Notes {
  const { recorder } = globalThis as unknown as { recorder: Notes & { end: boolean } };
  recorder.end = true;
  return { seen: recorder.seen, keys: recorder.keys };
}
