/** Direct touch: what is touched is meant. */

import { click, distance, Fingers, LEFT, LONG_PRESS, ofTwo, SLOP, tapButton } from "./gesture";
import type { Action, Finger, Gesture } from "./gesture";
import { Inertia } from "./inertia";
import type { Point } from "../pointer/surface";

type State =
  /** No finger counts. */
  | { is: "idle" }
  /** Fingers came down at `from` and have not moved; it may become anything. `most` were down at a time. */
  | { is: "undecided"; from: Point; spread: number; since: number; most: number; again: boolean }
  /** One finger was held: lifting it is the right button, moving it a drag. */
  | { is: "held"; from: Point }
  /** The left button is down. */
  | { is: "dragging"; to: Point }
  /** One finger moves the content at `from`, or the view. */
  | { is: "panning"; from: Point; last: Point }
  /** Two fingers scroll or zoom. */
  | { is: "two"; from: Point; centre: Point; spread: number; doing: "nothing" | "scroll" | "zoom" }
  /** What is left of a gesture that is over. */
  | { is: "over" };

/** A second touch so soon and so near belongs to a tap: moving it drags. */
const AGAIN_WITHIN = 300;
const AGAIN_NEAR = 30;

export class DirectTouch implements Gesture {
  private state: State = { is: "idle" };
  private readonly fingers = new Fingers();
  private readonly inertia = new Inertia();
  /** What goes on by itself. */
  private gliding: "pan" | "scroll" = "scroll";
  private tapped: { where: Point; at: number } | null = null;

  get deadline(): number | null {
    const { state } = this;
    const holding = state.is === "undecided" && state.most === 1;
    return holding ? state.since + LONG_PRESS : this.inertia.deadline;
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
    const { state } = this;
    if (state.is === "undecided" && state.most === 1 && at >= state.since + LONG_PRESS) {
      this.state = { is: "held", from: state.from };
      return [{ do: "buzz" }];
    }
    if (this.inertia.deadline === null || at < this.inertia.deadline) return [];
    const { over, ...step } = this.inertia.step(at);
    const moved: Action = { do: this.gliding, ...step };
    return over ? [moved, lifted(step.at)] : [moved];
  }

  private down(finger: Finger): Action[] {
    const { state } = this;
    // A drag is one finger's.
    if (state.is === "held" || state.is === "dragging") return [];
    const stopped = this.inertia.stop();
    const before: Action[] = stopped ? [lifted(finger)] : [];
    this.fingers.set(finger.id, finger);
    if (this.fingers.count === 1) {
      const { tapped } = this;
      const soon = tapped !== null && finger.at - tapped.at < AGAIN_WITHIN;
      const again = soon && distance(tapped.where, finger) < AGAIN_NEAR;
      // A touch that stops the content is no tap on it.
      const undecided: State = {
        is: "undecided",
        from: point(finger),
        spread: 0,
        since: finger.at,
        most: 1,
        again,
      };
      this.state = stopped ? { is: "panning", from: point(finger), last: point(finger) } : undecided;
      return before;
    }
    const { centre, count, spread } = this.fingers;
    if (state.is === "undecided")
      this.state = { ...state, from: centre, spread, most: Math.max(state.most, count) };
    else if (state.is === "panning" || state.is === "two") this.two(centre, spread);
    return before;
  }

  private move(at: number): Action[] {
    const { state } = this;
    const { centre } = this.fingers;
    switch (state.is) {
      case "undecided":
        return this.decide(state, at);
      case "held":
        if (distance(centre, state.from) < SLOP) return [];
        this.state = { is: "dragging", to: centre };
        return [...press(state.from), { do: "motion", to: centre }];
      case "dragging":
        state.to = centre;
        return [{ do: "motion", to: centre }];
      case "panning":
        return this.pan(state, at);
      case "two":
        return this.both(state, at);
      default:
        return [];
    }
  }

  /** Fingers that did nothing yet have moved: is it enough to tell what they do? */
  private decide(state: State & { is: "undecided" }, at: number): Action[] {
    const { centre, count } = this.fingers;
    if (count > 1) {
      this.two(state.from, state.spread);
      return this.move(at);
    }
    if (distance(centre, state.from) < SLOP) return [];
    if (state.again) {
      this.state = { is: "dragging", to: centre };
      return [...press(state.from), { do: "motion", to: centre }];
    }
    const panning: State & { is: "panning" } = { is: "panning", from: state.from, last: state.from };
    this.state = panning;
    return this.pan(panning, at);
  }

  private pan(state: { from: Point; last: Point }, at: number): Action[] {
    const { centre } = this.fingers;
    const [dx, dy] = [centre.x - state.last.x, centre.y - state.last.y];
    state.last = centre;
    this.inertia.moved(dx, dy, at);
    return [{ do: "pan", at: state.from, dx, dy }];
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
    // What the view cannot do of it scrolls no app: who looks closer means the view alone.
    if (state.doing === "zoom") return [{ do: "zoom", at: centre, factor, dx, dy }];
    this.inertia.moved(dx, dy, at);
    return [{ do: "scroll", at: state.from, dx, dy }];
  }

  private up(at: number): Action[] {
    const { state } = this;
    this.tapped = null;
    const last = this.fingers.count === 0;
    switch (state.is) {
      case "undecided":
        if (!last) return [];
        this.state = { is: "idle" };
        if (at - state.since >= LONG_PRESS) return click(state.from, tapButton(2));
        if (state.most === 1) this.tapped = { where: state.from, at };
        return click(state.from, tapButton(state.most));
      case "held":
        this.state = { is: "idle" };
        return click(state.from, tapButton(2));
      case "dragging":
        this.state = last ? { is: "idle" } : { is: "over" };
        return [{ do: "button", at: state.to, button: LEFT, pressed: false }];
      case "panning":
        this.state = { is: "idle" };
        return this.glide("pan", state.from, at);
      case "two":
        this.state = last ? { is: "idle" } : { is: "over" };
        return state.doing === "scroll" ? this.glide("scroll", state.from, at) : [];
      default:
        if (last) this.state = { is: "idle" };
        return [];
    }
  }

  private cancel(): Action[] {
    const { state } = this;
    this.fingers.clear();
    this.inertia.stop();
    this.state = { is: "idle" };
    if (state.is === "dragging") return [{ do: "button", at: state.to, button: LEFT, pressed: false }];
    return state.is === "panning" || state.is === "two" ? [lifted(state.from)] : [];
  }

  /** Content goes on moving, or has come to rest. */
  private glide(gliding: "pan" | "scroll", where: Point, at: number): Action[] {
    this.gliding = gliding;
    return this.inertia.release(where, at) ? [] : [lifted(where)];
  }

  private two(from: Point, spread: number): void {
    this.inertia.stop();
    this.state = { is: "two", from, centre: from, spread, doing: "nothing" };
  }
}

function press(at: Point): Action[] {
  return [
    { do: "motion", to: at },
    { do: "button", at, button: LEFT, pressed: true },
  ];
}

function lifted(at: Point): Action {
  return { do: "scroll", at: point(at), dx: 0, dy: 0 };
}

function point({ x, y }: Point): Point {
  return { x, y };
}
