/** Fingers on Chromium's screen, as the device reports them. */

import type { ChromiumPage } from "./chromium";

type Point = [number, number];

/** How long a finger rests until it means the right button, and some more. */
const LONG = 900;

export class Fingers {
  constructor(private readonly page: ChromiumPage) {}

  async tap(x: number, y: number): Promise<void> {
    await this.touch("touchStart", [[x, y]]);
    await this.touch("touchEnd", []);
  }

  /** Rests on a place for as long as menus take to open. */
  async hold(x: number, y: number): Promise<void> {
    await this.touch("touchStart", [[x, y]]);
    await new Promise((resolve) => setTimeout(resolve, LONG));
    await this.touch("touchEnd", []);
  }

  /** Puts fingers down, moves each along its way, and lifts them. */
  async slide(ways: { from: Point; to: Point }[], steps = 8): Promise<void> {
    const at = (part: number) =>
      ways.map(({ from, to }): Point => [
        from[0] + (to[0] - from[0]) * part,
        from[1] + (to[1] - from[1]) * part,
      ]);
    await this.touch("touchStart", at(0));
    for (let step = 1; step <= steps; step++) await this.touch("touchMove", at(step / steps));
    await this.touch("touchEnd", []);
  }

  private async touch(type: "touchStart" | "touchMove" | "touchEnd", points: Point[]): Promise<void> {
    const touchPoints = points.map(([x, y], id) => ({ x, y, id }));
    await this.page.cdp.send("Input.dispatchTouchEvent", { type, touchPoints });
  }
}
