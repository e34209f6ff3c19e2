/**
 * What fingers mean. A mode is a machine without a clock or a page: it hears of fingers, each with its time,
 * and answers with what to do. Where something happens by itself later, `deadline` says when it wants to be
 * woken.
 *
 * Places are those of the viewport, in CSS pixels; times are milliseconds.
 */

import type { Point } from "../pointer/surface";

/**
 * - `direct`: what is touched is meant. A tap clicks, a long press is the right button or begins a drag, one
 *   finger scrolls or moves a zoomed view, two fingers scroll and zoom.
 * - `trackpad`: the screen is a touchpad that moves a drawn cursor.
 * - `touch`: fingers go to the app as they are.
 */
export type TouchMode = "direct" | "trackpad" | "touch";

export type Phase = "down" | "move" | "up" | "cancel";

/** One finger's change. */
export interface Finger extends Point {
  readonly id: number;
  readonly phase: Phase;
  readonly at: number;
}

export type Action =
  /** The pointer goes there. */
  | { do: "motion"; to: Point }
  /** A button, where the pointer is. */
  | { do: "button"; at: Point; button: number; pressed: boolean }
  /** Content moves by this much under the fingers; both zero: they have left. */
  | { do: "scroll"; at: Point; dx: number; dy: number }
  /** The view is zoomed around a place, and moved along as far as it goes. */
  | { do: "zoom"; at: Point; factor: number; dx: number; dy: number }
  /** The view moves with the fingers; what it cannot do scrolls the app. */
  | { do: "pan"; at: Point; dx: number; dy: number }
  /** Something that is felt. */
  | { do: "buzz" };

export interface Gesture {
  handle(finger: Finger): Action[];
  /** Time has passed: to be called at `deadline`, or later. */
  wake(at: number): Action[];
  readonly deadline: number | null;
}

export const LEFT = 0x110;
export const RIGHT = 0x111;
export const MIDDLE = 0x112;

/** Fingers that move less than this have not moved. */
export const SLOP = 10;
/** So long is a long press, and a tap is shorter. */
export const LONG_PRESS = 500;

export function distance(a: Point, b: Point): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}

export function click(at: Point, button: number): Action[] {
  return [
    { do: "motion", to: at },
    { do: "button", at, button, pressed: true },
    { do: "button", at, button, pressed: false },
  ];
}

/** The button that a tap of so many fingers is. */
export function tapButton(fingers: number): number {
  return [LEFT, LEFT, RIGHT, MIDDLE][fingers] ?? LEFT;
}

/** What two fingers do that have moved their middle by so much, and the distance from it by so much. */
export function ofTwo(shift: number, parted: number): "nothing" | "scroll" | "zoom" {
  const zoom = Math.abs(parted);
  if (zoom > SLOP && zoom >= shift) return "zoom";
  // One moves before the other is told of: that looks like both for a moment.
  return shift > SLOP && shift > 1.5 * zoom ? "scroll" : "nothing";
}

/** Fingers that are down, as one shape. */
export class Fingers {
  private readonly down = new Map<number, Point>();

  set(id: number, { x, y }: Point): void {
    this.down.set(id, { x, y });
  }

  has(id: number): boolean {
    return this.down.has(id);
  }

  delete(id: number): void {
    this.down.delete(id);
  }

  clear(): void {
    this.down.clear();
  }

  get count(): number {
    return this.down.size;
  }

  /** Their middle. */
  get centre(): Point {
    const points = [...this.down.values()];
    const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / (values.length || 1);
    return { x: mean(points.map(({ x }) => x)), y: mean(points.map(({ y }) => y)) };
  }

  /** How far they are from their middle. */
  get spread(): number {
    const { centre } = this;
    const points = [...this.down.values()];
    return points.reduce((sum, point) => sum + distance(point, centre), 0) / (points.length || 1);
  }
}
