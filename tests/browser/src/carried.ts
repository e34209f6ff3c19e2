/** The test app on a page: what a way between page and host has to carry. */

import { expect } from "vitest";
import type { Desk } from "./desk";
import type { Stage } from "./stage";
import { TestApp } from "./testapp";
import { settles } from "./wait";

export class Carried {
  private constructor(
    readonly app: TestApp,
    readonly desk: Desk,
  ) {}

  /** Starts the app, and opens the page over this transport; more words of its fragment if it needs any. */
  static async over(stage: Stage, transport: string, fragment = `only=${transport}`): Promise<Carried> {
    const app = await TestApp.start(stage.host, ["--size", "800x600"]);
    const desk = await stage.open(`&${fragment}&probe`);
    expect((await desk.link()).transport).toBe(transport);
    await desk.window(TestApp.ID);
    return new Carried(app, desk);
  }

  window() {
    return this.desk.window(TestApp.ID);
  }

  /** Four keys reach the app. */
  async keys(): Promise<void> {
    const before = (await this.app.focus(this.desk, await this.window())).input;
    for (const letter of "keys") await this.desk.page.press(letter);
    await settles(
      "the app's keys",
      async () => (await this.app.state()).input - before,
      (keys) => keys === 4,
    );
  }

  /** Waits until the page's pixels are the app's. */
  async exact(): Promise<void> {
    await settles(
      "every pixel",
      async () => this.app.differing(this.desk, await this.window()),
      (pixels) => pixels === 0,
    );
  }

  /** Content moves, and comes. */
  async moves(frames = 45): Promise<void> {
    const first = (await this.app.state()).frame;
    await settles(
      "motion on the page",
      async () => (await this.app.shown(this.desk, await this.window()))?.frame ?? 0,
      (frame) => frame > first + frames,
    );
  }
}
