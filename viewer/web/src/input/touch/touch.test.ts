import { beforeEach, describe, expect, it } from "vitest";
import { LONG_PRESS, type Action, type Finger, type Gesture } from "./gesture";
import { DirectTouch } from "./touch";
import { Trackpad } from "./trackpad";

/** A gesture as it was recorded: time, finger, what it did, where. */
type Recorded = readonly [number, number, Finger["phase"], number, number];

let gesture: Gesture;

/** Plays a recording, and what happens by itself until then. */
function play(...recording: Recorded[]): Action[] {
  return recording.flatMap(([at, id, phase, x, y]) => [
    ...wait(at),
    ...gesture.handle({ id, phase, x, y, at }),
  ]);
}

/** Lets time pass. */
function wait(until: number): Action[] {
  const actions: Action[] = [];
  for (let next = gesture.deadline; next !== null && next <= until; next = gesture.deadline) {
    actions.push(...gesture.wake(next));
  }
  return actions;
}

/** What was done, in short. */
function short(actions: Action[]): string[] {
  const buttons: Record<number, string> = { 0x110: "left", 0x111: "right", 0x112: "middle" };
  return actions.map((action) => {
    if (action.do === "button") return `${action.pressed ? "press" : "release"} ${buttons[action.button]}`;
    if (action.do === "motion") return `to ${Math.round(action.to.x)},${Math.round(action.to.y)}`;
    if (action.do === "scroll" || action.do === "pan") {
      return action.dx === 0 && action.dy === 0 ? "lifted" : action.do;
    }
    return action.do;
  });
}

/** A swipe of one or more fingers upwards, quick enough to go on by itself. */
function swipe(ids: readonly number[], from: number): Recorded[] {
  const steps = [0, 1, 2, 3, 4, 5, 6];
  const moves = steps.flatMap((n) =>
    ids.map((id): Recorded => [from + 10 + n * 16, id, "move", 100 + 40 * id, 300 - n * 20]),
  );
  const down = ids.map((id): Recorded => [from, id, "down", 100 + 40 * id, 300]);
  return [...down, ...moves, ...ids.map((id): Recorded => [from + 120, id, "up", 100 + 40 * id, 180])];
}

describe("direct touch", () => {
  beforeEach(() => {
    gesture = new DirectTouch();
  });

  it("clicks by a tap, where it was", () => {
    expect(short(play([0, 1, "down", 50, 60], [20, 1, "move", 53, 61], [80, 1, "up", 53, 61]))).toEqual([
      "to 50,60",
      "press left",
      "release left",
    ]);
    expect(gesture.deadline).toBeNull();
  });

  it("has the right button by a long press, that is felt", () => {
    expect(short(play([0, 1, "down", 50, 60]))).toEqual([]);
    expect(gesture.deadline).toBe(LONG_PRESS);
    expect(short(play([700, 1, "up", 50, 60]))).toEqual(["buzz", "to 50,60", "press right", "release right"]);
  });

  it("has the right button by a tap of two fingers, the middle one by three", () => {
    const two = play(
      [0, 1, "down", 50, 60],
      [9, 2, "down", 90, 60],
      [60, 1, "up", 50, 60],
      [70, 2, "up", 90, 60],
    );
    expect(short(two)).toEqual(["to 70,60", "press right", "release right"]);
    const three = [1, 2, 3].flatMap((id): Recorded[] => [[1000 + id, id, "down", 50 * id, 60]]);
    const up = [1, 2, 3].map((id): Recorded => [1100 + id, id, "up", 50 * id, 60]);
    expect(short(play(...three, ...up))).toEqual(["to 100,60", "press middle", "release middle"]);
  });

  it("drags after a long press", () => {
    const drag = play(
      [0, 1, "down", 50, 60],
      [700, 1, "move", 80, 60],
      [720, 1, "move", 90, 70],
      [740, 1, "up", 90, 70],
    );
    expect(short(drag)).toEqual(["buzz", "to 50,60", "press left", "to 80,60", "to 90,70", "release left"]);
  });

  it("drags after a tap, and other fingers do not disturb", () => {
    play([0, 1, "down", 50, 60], [60, 1, "up", 50, 60]);
    const drag = play(
      [200, 2, "down", 55, 62],
      [220, 2, "move", 90, 62],
      [230, 3, "down", 300, 300],
      [240, 2, "move", 99, 62],
      [250, 3, "up", 300, 300],
      [260, 2, "up", 99, 62],
    );
    expect(short(drag)).toEqual(["to 55,62", "press left", "to 90,62", "to 99,62", "release left"]);
  });

  it("moves what is there by one finger, which goes on and comes to rest", () => {
    const moved = play(...swipe([1], 0));
    expect(new Set(short(moved))).toEqual(new Set(["pan"]));
    const sum = moved.reduce((sum, action) => sum + (action.do === "pan" ? action.dy : 0), 0);
    expect(sum).toBe(-120);
    const after = short(wait(10_000));
    expect(after.at(-1)).toBe("lifted");
    expect(after.length).toBeGreaterThan(20);
    expect(gesture.deadline).toBeNull();
  });

  it("stops what goes on by a touch that is no tap", () => {
    play(...swipe([1], 0));
    expect(short(play([200, 1, "down", 100, 100], [240, 1, "up", 100, 100])).slice(-2)).toEqual([
      "lifted",
      "lifted",
    ]);
    expect(gesture.deadline).toBeNull();
  });

  it("scrolls by two fingers at the place where they came down", () => {
    const scrolled = play(...swipe([1, 2], 0));
    const scrolls = scrolled.filter((action) => action.do === "scroll");
    expect(scrolls.length).toBe(scrolled.length);
    expect(new Set(scrolls.map(({ at }) => `${at.x},${at.y}`))).toEqual(new Set(["160,300"]));
    expect(gesture.deadline).not.toBeNull();
  });

  it("that rests before it is lifted does not go on", () => {
    const rested = swipe([1, 2], 0).map(([at, ...rest]): Recorded => [at >= 120 ? at + 500 : at, ...rest]);
    expect(short(play(...rested)).at(-1)).toBe("lifted");
    expect(gesture.deadline).toBeNull();
  });

  it("zooms by fingers that part, around their middle", () => {
    const actions = play(
      [0, 1, "down", 100, 100],
      [5, 2, "down", 200, 100],
      [20, 1, "move", 80, 100],
      [20, 2, "move", 220, 100],
      [36, 1, "move", 50, 100],
      [36, 2, "move", 250, 100],
      [50, 1, "up", 50, 100],
      [60, 2, "up", 250, 100],
    );
    const zooms = actions.filter((action) => action.do === "zoom");
    const factor = zooms.reduce((product, { factor }) => product * factor, 1);
    expect(factor).toBeCloseTo(2);
    expect(zooms.at(-1)?.at).toEqual({ x: 150, y: 100 });
    expect(short(actions)).not.toContain("scroll");
    expect(short(actions), "what the view cannot do scrolls nothing").not.toContain("lifted");
  });

  it("lets go of the button when a gesture is taken away", () => {
    play([0, 1, "down", 50, 60], [700, 1, "move", 90, 60]);
    expect(short(play([710, 1, "cancel", 90, 60]))).toEqual(["release left"]);
    expect(short(play([720, 1, "up", 90, 60]))).toEqual([]);
  });
});

describe("a trackpad", () => {
  let pad: Trackpad;
  beforeEach(() => {
    pad = new Trackpad(() => ({ left: 0, top: 0, right: 400, bottom: 600 }));
    gesture = pad;
  });

  it("begins in the middle and clicks there", () => {
    expect(pad.cursor).toEqual({ x: 200, y: 300 });
    const tap = play([0, 1, "down", 10, 10], [50, 1, "up", 10, 10]);
    expect(short(tap)).toEqual(["press left", "release left"]);
    expect(tap[0]).toMatchObject({ at: { x: 200, y: 300 } });
  });

  it("moves the cursor as the finger moves, farther when it is quick", () => {
    play([0, 1, "down", 10, 10], [100, 1, "move", 30, 10]);
    const { x } = pad.cursor;
    play([1100, 1, "move", 60, 10]);
    const slow = pad.cursor.x - x;
    play([1110, 1, "move", 90, 10]);
    const quick = pad.cursor.x - x - slow;
    expect(slow).toBeGreaterThanOrEqual(30);
    expect(slow).toBeLessThan(33);
    expect(quick).toBe(90);
    expect(short(play([1200, 1, "up", 90, 10]))).toEqual([]);
  });

  it("keeps the cursor on the screen", () => {
    play(
      [0, 1, "down", 10, 10],
      [10, 1, "move", 30, 10],
      [20, 1, "move", 999, 10],
      [30, 1, "move", 9999, -9999],
    );
    expect(pad.cursor).toEqual({ x: 399, y: 0 });
  });

  it("has other buttons by more fingers", () => {
    const tap = play(
      [0, 1, "down", 10, 10],
      [9, 2, "down", 50, 10],
      [60, 1, "up", 10, 10],
      [70, 2, "up", 50, 10],
    );
    expect(short(tap)).toEqual(["press right", "release right"]);
  });

  it("drags by a tap and a touch that moves", () => {
    play([0, 1, "down", 10, 10], [60, 1, "up", 10, 10]);
    const drag = play(
      [150, 1, "down", 12, 10],
      [170, 1, "move", 40, 10],
      [180, 1, "move", 60, 10],
      [190, 1, "up", 60, 10],
    );
    expect(short(drag)[0]).toBe("press left");
    expect(short(drag)[1]).toMatch(/^to /);
    expect(short(drag).at(-1)).toBe("release left");
  });

  it("scrolls by two fingers where the cursor is", () => {
    const scrolled = play(...swipe([1, 2], 0));
    expect(new Set(short(scrolled))).toEqual(new Set(["scroll"]));
    expect(scrolled[0]).toMatchObject({ at: { x: 200, y: 300 } });
    expect(short(wait(10_000)).at(-1)).toBe("lifted");
  });
});
