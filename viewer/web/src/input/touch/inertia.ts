/** Scrolling that goes on when the fingers have left. */

import type { Point } from "../pointer/surface";

/** Every so many milliseconds. */
const STEP = 16;
/** Speed falls to a third in so many milliseconds. */
const DECAY = 325;
/** Slower than this, in CSS pixels a millisecond, is rest. */
const REST = 0.05;
/** Motion before this many milliseconds does not count as speed. */
const MEMORY = 100;

export class Inertia {
  private steps: { dx: number; dy: number; at: number }[] = [];
  private speed: { x: number; y: number } | null = null;
  private last = 0;
  private place: Point = { x: 0, y: 0 };

  /** When it goes on; null while it rests. */
  get deadline(): number | null {
    return this.speed === null ? null : this.last + STEP;
  }

  /** The fingers moved. */
  moved(dx: number, dy: number, at: number): void {
    this.steps = [...this.steps.filter((step) => at - step.at < MEMORY), { dx, dy, at }];
  }

  /** The fingers have left at a place: answers whether it goes on from there. */
  release(place: Point, at: number): boolean {
    const recent = this.steps.filter((step) => at - step.at < MEMORY);
    this.steps = [];
    const [first] = recent;
    if (first === undefined || recent.length < 2) return false;
    const time = Math.max(at - first.at, STEP);
    const sum = (pick: (step: { dx: number; dy: number }) => number) =>
      recent.reduce((n, step) => n + pick(step), 0);
    this.speed = { x: sum(({ dx }) => dx) / time, y: sum(({ dy }) => dy) / time };
    this.last = at;
    this.place = place;
    if (this.slow()) this.speed = null;
    return this.speed !== null;
  }

  /** Stops; answers whether it was going on. */
  stop(): boolean {
    const moving = this.speed !== null;
    this.speed = null;
    this.steps = [];
    return moving;
  }

  /** How far it went since the last time, and where it began; `over` if it rests now. */
  step(at: number): { at: Point; dx: number; dy: number; over: boolean } {
    if (this.speed === null) return { at: this.place, dx: 0, dy: 0, over: true };
    const elapsed = Math.max(0, at - this.last);
    const kept = Math.exp(-elapsed / DECAY);
    const far = DECAY * (1 - kept);
    const { x, y } = this.speed;
    this.speed = { x: x * kept, y: y * kept };
    this.last = at;
    const over = this.slow();
    if (over) this.speed = null;
    return { at: this.place, dx: x * far, dy: y * far, over };
  }

  private slow(): boolean {
    return this.speed === null || Math.hypot(this.speed.x, this.speed.y) < REST;
  }
}
