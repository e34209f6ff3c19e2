/**
 * Links that break: what the user did meanwhile takes effect once, in order, if the host knows the viewer
 * again.
 */

import { describe, expect, test } from "vitest";

import type { Input, InputEvent } from "../src/protocol/types";
import { KEY, POSITION, RELEASE, RESUME_ID, Scene, TRACK, inputs, outbound, window } from "./session.fixture";

const SECOND = 1_000_000;

const text = (it: string): InputEvent => ({ Text: { text: it } });
const ids = (inputs: Input[]) => inputs.map(({ id }) => id);

/** What the viewer says of itself on the link that it makes now. */
function hello(scene: Scene): unknown {
  scene.connect();
  const [said] = scene.control();
  return (said as { Hello: { resume: unknown } }).Hello.resume;
}

/** What goes out on the input lane when a host lets the viewer in that knows it so far. */
function back(scene: Scene, resumed: number | null): Input[] {
  scene.done();
  scene.connect();
  return letIn(scene, resumed);
}

function letIn(scene: Scene, resumed: number | null): Input[] {
  const actions = scene.letIn({ resumed });
  return inputs(actions);
}

describe("a viewer that returns", () => {
  test("sends again what did not take effect, and what was done without a link, with the ids they have", () => {
    const scene = new Scene();
    scene.join();
    scene.viewer.handleFocus(scene.now, TRACK);
    scene.input(KEY);
    scene.input({ Motion: { position: POSITION } });
    scene.input(RELEASE);
    scene.input(text("a"));
    scene.viewer.resetLink();
    expect(scene.input(text("b"))).toBeNull();
    expect(scene.input({ Motion: { position: POSITION } })).toBe("not connected");
    scene.done();
    expect(hello(scene)).toEqual({ key: RESUME_ID, began: 1, since: 0 });
    scene.viewer.setKeymap("keymap");
    const again = letIn(scene, 1);
    expect(again.map(({ event }) => event)).toEqual([RELEASE, text("a"), text("b")]);
    expect(ids(again)).toEqual([3, 4, 5]);
    expect(again[0]?.after, "the keymap and the focus went before").toBe(2);
    scene.input(text("c"));
    expect(outbound(scene.done())).toMatchObject([{ lane: "input", input: { id: 6, event: text("c") } }]);
  });

  test("waits for all that there is before it goes on, and nothing overtakes what comes again", () => {
    const scene = new Scene();
    scene.join();
    scene.input(text("a"));
    scene.viewer.resetLink();
    scene.connect();
    scene.hear({
      Welcome: { version: 1, session: "main", viewer: 2, role: "control", now: 0, resumed: 0 },
    });
    scene.done();
    expect(scene.input(text("b"))).toBeNull();
    expect(scene.inputs()).toEqual([]);
    scene.hear({ Window: window() }, { Seat: { held: true } });
    expect(scene.inputs()).toEqual([
      [TRACK, text("a")],
      [TRACK, text("b")],
    ]);
  });

  test("holds what it held, until the user lets go of it", () => {
    const scene = new Scene();
    scene.join();
    scene.input(KEY);
    scene.viewer.resetLink();
    expect(back(scene, 1)).toEqual([]);
    expect(scene.input(KEY)).toBe("nothing changes by it");
    scene.viewer.releaseHeld(scene.now);
    expect(scene.inputs()).toEqual([[TRACK, RELEASE]]);
  });

  test("lets go in its turn, if its page has lost sight of the user's hands", () => {
    const scene = new Scene();
    scene.join();
    scene.input(KEY);
    scene.viewer.resetLink();
    scene.viewer.releaseHeld(scene.now);
    scene.input(text("a"));
    expect(back(scene, 1).map(({ event }) => event)).toEqual([RELEASE, text("a")]);
  });

  test("that is not known sends nothing again, and its numbers begin anew", () => {
    const scene = new Scene();
    scene.join();
    scene.input(KEY);
    scene.viewer.resetLink();
    scene.input(text("a"));
    expect(back(scene, null)).toEqual([]);
    scene.input(KEY);
    expect(outbound(scene.done())).toMatchObject([{ lane: "input", input: { id: 1, event: KEY } }]);
    scene.viewer.resetLink();
    scene.done();
    expect(hello(scene)).toMatchObject({ began: 1, since: 0 });
  });

  test("says the focus that it has also if it has none", () => {
    const scene = new Scene();
    scene.join();
    scene.viewer.handleFocus(scene.now, TRACK);
    scene.viewer.resetLink();
    scene.viewer.handleFocus(scene.now, null);
    scene.done();
    scene.connect();
    const sent = outbound(scene.letIn({ resumed: 0 }));
    expect(sent).toContainEqual({ lane: "control", message: { Focus: { track: null } } });
  });

  test("says from where on it has all, and does not forget before it is answered", () => {
    const scene = new Scene();
    scene.join();
    scene.input(text("a"));
    scene.now += 10 * SECOND;
    scene.input(text("b"));
    scene.viewer.resetLink();
    scene.now += 6 * SECOND;
    scene.done();
    expect(hello(scene), "the first is too old").toMatchObject({ since: 1 });
    scene.now += 20 * SECOND;
    scene.input(text("c"));
    expect(ids(letIn(scene, 1))).toEqual([2, 3]);
  });

  test("keeps only so much, but lets go of what is held all the same", () => {
    const scene = new Scene();
    scene.join();
    scene.input(KEY);
    scene.viewer.resetLink();
    const taken = Array.from({ length: 2_000 }, () => scene.input(text("x"))).filter((it) => it === null);
    expect(taken).toHaveLength(1_023);
    expect(scene.input(RELEASE)).toBeNull();
    expect(back(scene, 0)).toHaveLength(1_025);
  });
});

describe("nothing waits", () => {
  test("of a viewer that was never in, may only look, or is out for good", () => {
    const never = new Scene();
    expect(never.input(KEY)).toBe("not connected");
    const looks = new Scene();
    looks.join([window()], "view");
    looks.viewer.resetLink();
    expect(looks.input(KEY)).toContain("only to look");
    const closed = new Scene();
    closed.join();
    closed.hear({ Goodbye: { reason: "the session ends" } });
    expect(closed.input(KEY)).toBe("not connected");
    closed.viewer.resetLink();
    expect(closed.input(KEY)).toBe("not connected");
  });
});

/** The same numbers from the same seed. */
function generator(seed: number): () => number {
  let state = seed;
  return () => (state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0) / 2 ** 32;
}

test("whatever links break, a text takes effect once and in order if the host knows its viewer", () => {
  for (let seed = 1; seed <= 200; seed++) {
    const random = generator(seed);
    const scene = new Scene();
    let [typed, newest, linked] = [0, 0, true];
    const effects: string[] = [];
    /** What of that reaches the host. */
    const arrive = (inputs: Input[], share: number) => {
      for (const { id, event } of inputs.slice(0, Math.ceil(inputs.length * share))) {
        expect(id).toBeGreaterThan(newest);
        newest = id;
        effects.push((event as { Text: { text: string } }).Text.text);
      }
    };
    const sent = () => inputs(scene.done());
    scene.join();
    for (let step = 0; step < 60; step++) {
      const dice = random();
      if (dice < 0.6) expect(scene.input(text(`${typed++}`))).toBeNull();
      else if (dice < 0.8) scene.now += Math.floor(random() * SECOND);
      else if (linked) {
        // Of what was sent, only the first part arrives; which the viewer never hears.
        arrive(sent(), random());
        scene.viewer.resetLink();
        linked = false;
      } else {
        scene.now += 300_000;
        const again = back(scene, newest);
        if (random() < 0.7) {
          arrive(again, 1);
          linked = true;
        } else {
          arrive(again, random());
          scene.viewer.resetLink();
        }
      }
      if (linked) arrive(sent(), 1);
      else sent();
      if (scene.now > 13 * SECOND) break;
    }
    if (!linked) arrive(back(scene, newest), 1);
    expect(effects).toEqual(Array.from({ length: typed }, (_, n) => `${n}`));
  }
});
