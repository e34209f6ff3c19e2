/**
 * The screen as a touchpad: a cursor of one's own is moved, which covers nothing and hits small things. A tap
 * clicks where the cursor is; a tap and a touch that moves drags.
 */

import { distance, Fingers, LEFT, ofTwo, SLOP, tapButton } from "./gesture";
import type { Action, Finger, Gesture } from "./gesture";
import { Inertia } from "./inertia";
import type { Point } from "../pointer/surface";

/** The part of the viewport in which the cursor may be. */
export interface Bounds {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

type State =
  | { is: "idle" }
  /** Fingers came down and have not moved; `again`: soon after a tap. */
  | { is: "undecided"; since: number; from: Point; spread: number; most: number; again: boolean }
  | { is: "moving"; last: Point; at: number }
  | { is: "dragging"; last: Point; at: number }
  | { is: "two"; centre: Point; spread: number; doing: "nothing" | "scroll" | "zoom" }
  | { is: "over" };

/** A tap is shorter than this. */
const TAP = 250;
/** A touch so soon after a tap belongs to it. */
const AGAIN_WITHIN = 250;
/** How much a slow finger moves the cursor, and how much more a fast one. */
const SLOWEST = 1;
const FASTEST = 3;
/** From this speed on, in CSS pixels a millisecond, more does not help. */
const FAST = 1.5;

export class Trackpad implements Gesture {
  private state: State = { is: "idle" };
  private readonly fingers = new Fingers();
  private readonly inertia = new Inertia();
  private tappedAt = -Infinity;

  /** `bounds` are asked for whenever the cursor moves. */
  constructor(
    private readonly bounds: () => Bounds,
    public cursor: Point = middle(bounds()),
  ) {}

  get deadline(): number | null {
    return this.inertia.deadline;
  }

  handle(finger: Finger): Action[] {
    if (finger.phase === "down") return this.down(finger);
    if (!this.fingers.has(finger.id)) return [];
    if (finger.phase === "move") {
      this.fingers.set(finger.id, finger);
      return this.move(finger.at);
    }
    this.fingers.delete(finger.id);
    return finger.phase === "up" ? this.up(finger.at) : this.cancel();
  }

  wake(at: number): Action[] {
    if (this.inertia.deadline === null || at < this.inertia.deadline) return [];
    const { dx, dy, over } = this.inertia.step(at);
    const scroll: Action = { do: "scroll", at: this.cursor, dx, dy };
    return over ? [scroll, this.lifted()] : [scroll];
  }

  private down(finger: Finger): Action[] {
    const stopped: Action[] = this.inertia.stop() ? [this.lifted()] : [];
    const { state } = this;
    if (state.is === "dragging") return stopped;
    this.fingers.set(finger.id, finger);
    const { count, centre } = this.fingers;
    if (count === 1) {
      const again = finger.at - this.tappedAt < AGAIN_WITHIN;
      this.state = { is: "undecided", since: finger.at, from: centre, spread: 0, most: 1, again };
    } else if (state.is === "undecided") {
      this.state = { ...state, from: centre, spread: this.fingers.spread, most: Math.max(state.most, count) };
    } else {
      this.state = { is: "two", centre, spread: this.fingers.spread, doing: "nothing" };
    }
    return stopped;
  }

  private move(at: number): Action[] {
    const { state } = this;
    const { centre, count } = this.fingers;
    if (state.is === "undecided") {
      if (count > 1) {
        this.state = { is: "two", centre: state.from, spread: state.spread, doing: "nothing" };
        return this.move(at);
      }
      if (distance(centre, state.from) < SLOP) return [];
      this.state = { is: state.again ? "dragging" : "moving", last: centre, at };
      return state.again ? [{ do: "button", at: this.cursor, button: LEFT, pressed: true }] : [];
    }
    if (state.is === "moving" || state.is === "dragging") {
      const step = { x: centre.x - state.last.x, y: centre.y - state.last.y };
      this.advance(step, Math.max(at - state.at, 1));
      [state.last, state.at] = [centre, at];
      return [{ do: "motion", to: this.cursor }];
    }
    return state.is === "two" ? this.both(state, at) : [];
  }

  private both(state: State & { is: "two" }, at: number): Action[] {
    const { centre, spread } = this.fingers;
    const [dx, dy] = [centre.x - state.centre.x, centre.y - state.centre.y];
    if (state.doing === "nothing") {
      state.doing = ofTwo(Math.hypot(dx, dy), spread - state.spread);
      if (state.doing === "nothing") return [];
    }
    const factor = state.spread > 0 ? spread / state.spread : 1;
    [state.centre, state.spread] = [centre, spread];
    if (state.doing === "zoom") return [{ do: "zoom", at: this.cursor, factor, dx: 0, dy: 0 }];
    this.inertia.moved(dx, dy, at);
    return [{ do: "scroll", at: this.cursor, dx, dy }];
  }

  private up(at: number): Action[] {
    const { state } = this;
    const last = this.fingers.count === 0;
    if (state.is === "undecided" && !last) return [];
    this.state = last ? { is: "idle" } : { is: "over" };
    if (state.is === "undecided" && at - state.since < TAP) {
      this.tappedAt = state.most === 1 ? at : -Infinity;
      const button = tapButton(state.most);
      return [true, false].map((pressed) => ({ do: "button", at: this.cursor, button, pressed }));
    }
    if (state.is === "dragging") return [{ do: "button", at: this.cursor, button: LEFT, pressed: false }];
    if (state.is === "two" && state.doing === "scroll") {
      return this.inertia.release(this.cursor, at) ? [] : [this.lifted()];
    }
    return [];
  }

  private cancel(): Action[] {
    const { state } = this;
    this.fingers.clear();
    this.inertia.stop();
    this.state = { is: "idle" };
    if (state.is === "dragging") return [{ do: "button", at: this.cursor, button: LEFT, pressed: false }];
    return state.is === "two" ? [this.lifted()] : [];
  }

  /** Moves the cursor by a step of a finger that took so many milliseconds: farther, the faster it was. */
  private advance({ x, y }: Point, millis: number): void {
    const speed = Math.min(Math.hypot(x, y) / millis / FAST, 1);
    const gain = SLOWEST + (FASTEST - SLOWEST) * speed;
    const { left, top, right, bottom } = this.bounds();
    this.cursor = {
      x: Math.min(Math.max(this.cursor.x + x * gain, left), right - 1),
      y: Math.min(Math.max(this.cursor.y + y * gain, top), bottom - 1),
    };
  }

  private lifted(): Action {
    return { do: "scroll", at: this.cursor, dx: 0, dy: 0 };
  }
}

function middle({ left, top, right, bottom }: Bounds): Point {
  return { x: (left + right) / 2, y: (top + bottom) / 2 };
}
