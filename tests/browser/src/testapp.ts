/** The test app: see `tests/src/testapp`. It paints what it received, and says what it painted. */

import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { CODE, readCode, type Code } from "./code";
import type { Desk, Shown } from "./desk";
import type { Box } from "./elements";
import type { Host } from "./host";
import { decodePng, type Picture } from "./png";
import { ours } from "./programs";
import { settles, until } from "./wait";

interface State extends Code {
  width: number;
  height: number;
  error: string | null;
}

/** How long the app took to answer an input with a picture. Microseconds of the machine's monotonic clock. */
export interface Reaction {
  input: number;
  received: number;
  committed: number;
}

let count = 0;

export class TestApp {
  static readonly ID = "dormer-testapp";
  private answers: ((line: string | null) => void)[] = [];
  private rest = "";

  private constructor(
    private readonly host: Host,
    private readonly name: string,
    private readonly socket: Socket,
  ) {
    socket.setEncoding("utf8");
    socket.on("data", (text) => this.take(String(text)));
    // Its end is seen by who asks.
    socket.on("error", () => undefined);
    socket.on("close", () => this.answers.forEach((answer) => answer(null)));
  }

  /** Starts one in the host's session. */
  static async start(host: Host, flags: string[] = []): Promise<TestApp> {
    const name = `testapp-${count++}`;
    const path = host.file(`${name}.socket`);
    await host.run(
      ours("dormer-testapp"),
      "--control",
      path,
      "--report",
      host.file(`${name}.report`),
      ...flags,
    );
    const socket = await until("the test app's control socket", () => connected(path));
    return new TestApp(host, name, socket);
  }

  state(): Promise<State> {
    return this.ask("state");
  }

  /** Starts moving content, or stops it. */
  motion(fps: number | null): Promise<State> {
    return this.ask({ motion: fps });
  }

  /** Clicks into the window, and waits until the app has counted the click as its newest input. */
  async focus(desk: Desk, window: Shown): Promise<State> {
    const before = (await this.state()).input;
    await desk.focus(window);
    return settles(
      "the click into the window",
      () => this.state(),
      ({ input }) => input > before,
    );
  }

  reactions(): Reaction[] {
    return this.entries("reaction");
  }

  /** What it reported of one kind, such as `key` or `lock`: see `tests/src/testapp/report.rs`. */
  entries<Entry>(event: string): Entry[] {
    return this.host
      .read(`${this.name}.report`)
      .split("\n")
      .filter((line) => line.includes(`"event":"${event}"`) && line.endsWith("}"))
      .map((line) => JSON.parse(line) as Entry);
  }

  /** The code that the page shows. */
  async shown(desk: Desk, window: Shown): Promise<Code | null> {
    const { rgba } = await pixels(desk, window, CODE);
    return readCode(rgba);
  }

  /** What it has painted. */
  async own(): Promise<Picture> {
    const file = this.host.file(`${this.name}.png`);
    await this.ask({ dump: file });
    return decodePng(readFileSync(file));
  }

  /** How many pixels on the page are not those of the app. */
  async differing(desk: Desk, window: Shown): Promise<number> {
    const own = await this.own();
    const { width, height } = own;
    const shown = await pixels(desk, window, { x: 0, y: 0, width, height });
    if (shown.width !== width || shown.height !== height) return width * height;
    let differing = 0;
    for (let at = 0; at < own.rgba.length; at += 4) {
      const same = [0, 1, 2].every((channel) => own.rgba[at + channel] === shown.rgba[at + channel]);
      if (!same) differing++;
    }
    return differing;
  }

  private async ask(command: unknown): Promise<State> {
    const answer = new Promise<string | null>((resolve) => this.answers.push(resolve));
    this.socket.write(`${JSON.stringify(command)}\n`);
    const line = await answer;
    if (line === null) throw new Error("the test app is gone");
    const state = JSON.parse(line) as State;
    if (state.error !== null) throw new Error(`the test app says: ${state.error}`);
    return state;
  }

  private take(text: string): void {
    const lines = (this.rest + text).split("\n");
    this.rest = lines.pop() ?? "";
    for (const line of lines) this.answers.shift()?.(line);
  }
}

/** The page's own pixels: what its canvas holds. */
export async function pixels(desk: Desk, window: Shown, rect: Box) {
  const found = await desk.page.evaluate(
    async (track: string, rect: Box) => {
      const probe = (globalThis as unknown as { dormer: Probe }).dormer;
      const { x, y, width: w, height: h } = rect;
      const { size, rgba } = await probe.pixels(Number(track), { x, y, w, h });
      if (rgba === null) return { width: 0, height: 0, text: "" };
      let text = "";
      for (let at = 0; at < rgba.length; at += 8192)
        text += String.fromCharCode(...rgba.subarray(at, at + 8192));
      return { width: size.w, height: size.h, text: btoa(text) };
    },
    window.track,
    rect,
  );
  return {
    width: found.width,
    height: found.height,
    rgba: new Uint8Array(Buffer.from(found.text, "base64")),
  };
}

/** What the page offers when its fragment has `&probe`. */
export interface Probe {
  pixels(
    track: number,
    rect: { x: number; y: number; w: number; h: number },
  ): Promise<{ size: { w: number; h: number }; rgba: Uint8Array | null }>;
}

function connected(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path, () => resolve(socket));
    socket.once("error", reject);
  });
}
