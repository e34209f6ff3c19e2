import { describe, expect, test } from "vitest";

import { MAX_CLIPBOARD, CLIPBOARD_CHUNK, MAX_TEXT } from "../src/protocol/wire";
import type { InputEvent } from "../src/protocol/types";
import type { Stage } from "../src/session/latency";
import {
  KEY,
  POSITION,
  RELEASE,
  RESUME_ID,
  Scene,
  TRACK,
  inputs,
  outbound,
  told,
  update,
  window,
} from "./session.fixture";

describe("joining", () => {
  test("a viewer introduces itself, and nothing else goes out before the welcome", () => {
    const scene = new Scene();
    scene.viewer.dismissPopups();
    scene.connect();
    const hello = {
      versions: { oldest: 1, newest: 1 },
      ticket: "ticket",
      agent: "test",
      video: ["h264"],
      resume: { key: RESUME_ID, began: null, since: 0 },
    };
    expect(scene.control()).toEqual([{ Hello: hello }]);
    expect(scene.input(KEY)).toBe("not connected");
  });

  test("a message before the welcome, and a welcome of another version, end it", () => {
    for (const message of [
      { Seat: { held: true } },
      { Welcome: { version: 9, session: "main", viewer: 1, role: "view" as const, now: 0, resumed: null } },
    ]) {
      const scene = new Scene();
      scene.hear(message);
      expect(scene.viewer.state).toMatchObject({ is: "closed", end: { why: "protocol" } });
    }
  });

  test("a picture that overtakes the welcome and its window is not lost", () => {
    const scene = new Scene();
    scene.connect();
    scene.viewer.handleUpdate(scene.now, update(1));
    expect(scene.applied()).toEqual([]);
    scene.hear({
      Welcome: { version: 1, session: "main", viewer: 1, role: "control", now: 0, resumed: null },
    });
    scene.hear({ Window: window() });
    expect(scene.applied()).toEqual([1]);
  });

  test("windows that closed while the link was down are gone after it; the others stay", () => {
    const scene = new Scene();
    scene.join([window(1), window(2)]);
    scene.viewer.resetLink();
    expect(scene.done()).toContainEqual({
      do: "state",
      state: { is: "reconnecting", session: "main", role: "control" },
    });
    const actions = scene.join([window(2)]);
    expect(told(actions).filter(({ on }) => on === "window-gone")).toEqual([{ on: "window-gone", track: 1 }]);
    expect(scene.viewer.window(2)).toBeDefined();
  });

  test("windows of another session are gone before those of the new one come", () => {
    const scene = new Scene();
    scene.join([window(1)]);
    scene.viewer.resetLink();
    const actions = scene.join([window(1)], "control", "another");
    const order = told(actions)
      .map(({ on }) => on)
      .filter((on) => on.startsWith("window"));
    expect(order).toEqual(["window-gone", "window"]);
  });

  test("what the user wished holds over links: layout, focus, hidden windows, clipboard", () => {
    const scene = new Scene();
    scene.join();
    scene.viewer.setKeymap("xkb_keymap");
    scene.viewer.handleFocus(scene.now, TRACK);
    scene.viewer.setVisible(TRACK, false);
    scene.viewer.offerClipboard(["text/plain"]);
    scene.viewer.resetLink();
    scene.done();
    scene.connect();
    scene.hear({
      Welcome: { version: 1, session: "main", viewer: 2, role: "control", now: 0, resumed: null },
    });
    expect(scene.control().slice(1)).toEqual([{ Keymap: { text: "xkb_keymap" } }]);
    scene.hear({ Window: window() }, { Seat: { held: true } });
    expect(scene.control()).toEqual([
      { Visible: { track: TRACK, visible: false } },
      { Focus: { track: TRACK } },
      { Clipboard: { Offer: { mimes: ["text/plain"] } } },
    ]);
  });
});

describe("updates", () => {
  test("leave in order, once each, however they arrive", () => {
    const scene = new Scene();
    scene.join();
    const out = [2, 1, 1, 5, 3, 2, 4, 5].flatMap((id) => {
      scene.viewer.handleUpdate(scene.now, update(id));
      return scene.applied();
    });
    expect(out).toEqual([1, 2, 3, 4, 5]);
  });

  test("a gap that never closes is an error, not a memory leak", () => {
    const scene = new Scene();
    scene.join();
    for (let id = 2; id < 1_000; id++) scene.viewer.handleUpdate(scene.now, update(id));
    expect(scene.viewer.state).toMatchObject({
      is: "closed",
      end: { reason: "an update of track 7 never came" },
    });
  });

  test("more than a decoder can catch up with is an error", () => {
    const scene = new Scene();
    scene.join();
    for (let id = 1; id < 3_000; id++) scene.viewer.handleUpdate(scene.now, update(id));
    expect(scene.viewer.state).toMatchObject({ is: "closed", end: { why: "protocol" } });
    expect(scene.applied()).toHaveLength(1024);
  });

  test("of tracks without windows are bounded", () => {
    const scene = new Scene();
    scene.join();
    for (let track = 100; track < 3_000; track++) scene.viewer.handleUpdate(scene.now, update(1, { track }));
    expect(scene.viewer.state).toMatchObject({ is: "closed" });
  });

  test("of a window that is gone are dropped, but the host is told that its link has room", () => {
    const scene = new Scene();
    scene.join();
    scene.hear({ WindowGone: { track: TRACK } });
    scene.done();
    scene.viewer.handleUpdate(scene.now, update(1));
    expect(outbound(scene.done())).toMatchObject([
      { lane: "feedback", feedback: { track: TRACK, update: 1 } },
    ]);
  });

  test("begin anew with each link", () => {
    const scene = new Scene();
    scene.join();
    scene.viewer.handleUpdate(scene.now, update(1));
    scene.viewer.handleUpdate(scene.now, update(2));
    scene.viewer.resetLink();
    scene.join();
    scene.viewer.handleUpdate(scene.now, update(1));
    expect(scene.applied()).toEqual([1]);
  });
});

describe("feedback", () => {
  function shown(scene: Scene, id: number): void {
    scene.viewer.handleUpdate(scene.now, update(id));
    scene.viewer.handleApplied(scene.now, TRACK, id, { whole: null, decoded: scene.now });
  }

  test("is one message if the picture is shown soon", () => {
    const scene = new Scene();
    scene.join();
    scene.rest();
    shown(scene, 1);
    expect(scene.done().map(({ do: it }) => it)).toEqual(["apply"]);
    scene.now += 200;
    scene.viewer.handlePresented(scene.now, TRACK, 1);
    scene.viewer.handlePresented(scene.now + 5, TRACK, 1);
    const feedback = { track: TRACK, update: 1, received_at: scene.now - 200, decoded_at: scene.now - 200 };
    expect(outbound(scene.done())).toEqual([
      { lane: "feedback", feedback: { ...feedback, presented_at: scene.now } },
    ]);
  });

  test("tells when all of an update had come, also what travelled beside it", () => {
    const scene = new Scene();
    scene.join();
    scene.rest();
    scene.viewer.handleUpdate(scene.now, update(1));
    const [whole, decoded] = [scene.now + 60_000, scene.now + 65_000];
    scene.viewer.handleApplied(decoded, TRACK, 1, { whole, decoded });
    scene.viewer.handlePresented(decoded, TRACK, 1);
    const feedback = { track: TRACK, update: 1, received_at: whole, decoded_at: decoded };
    expect(outbound(scene.done()).at(-1)).toEqual({
      lane: "feedback",
      feedback: { ...feedback, presented_at: decoded },
    });
  });

  test("of the newest is repeated thrice, and then the link is silent", () => {
    const scene = new Scene();
    scene.join();
    scene.rest();
    shown(scene, 1);
    shown(scene, 2);
    const all = scene.rest();
    const feedbacks = all.flatMap(([at, action]) =>
      outbound([action]).flatMap((it) => (it.lane === "feedback" ? [[at, it.feedback.update]] : [])),
    );
    expect(feedbacks).toEqual([
      [8, 2],
      [128, 2],
      [528, 2],
      [2028, 2],
    ]);
    expect(scene.viewer.timeout()).toBeNull();
  });
});

describe("the clock", () => {
  test("follows the answer that came back fastest", () => {
    const scene = new Scene();
    scene.join();
    // The host's clock is 5 s ahead. One answer is slow on its way back, one is even.
    const pong = (viewer: number, there: number, back: number) => {
      scene.now = viewer + there + back;
      scene.hear({ Pong: { viewer, host: viewer + there + 5_000_000 } });
    };
    pong(1_000_000, 10_000, 50_000);
    pong(1_100_000, 10_000, 10_000);
    expect(scene.viewer.roundTrip()).toBe(20_000);
    const captured = scene.now + 5_000_000 - 3_000;
    const timing = { ...update(1).timing, captured, encoded: captured, sent: captured };
    scene.viewer.handleUpdate(scene.now, update(1, { timing }));
    scene.viewer.handleApplied(scene.now, TRACK, 1, { whole: null, decoded: scene.now });
    expect(scene.viewer.latency.stage("received")?.quantile(1)).toBe(3_000);
  });

  test("is asked thrice, and then only while the link is in use", () => {
    const scene = new Scene();
    const actions = scene.join();
    const pings = (all: unknown[]) => JSON.stringify(all).split("Ping").length - 1;
    expect(pings(actions) + pings(scene.rest())).toBe(3);
    scene.input(KEY);
    scene.input({ Key: { key: 30, pressed: false } });
    expect(pings(scene.rest())).toBe(1);
  });

  test("is asked often while a key is held that apps repeat", () => {
    const scene = new Scene();
    scene.join();
    scene.rest();
    const pings = (time: number) => {
      const end = scene.now + time;
      let count = 0;
      for (let at = scene.viewer.timeout(); at !== null && at <= end; at = scene.viewer.timeout()) {
        scene.now = Math.max(at, scene.now);
        scene.viewer.handleTimeout(scene.now);
        count += JSON.stringify(scene.done()).split("Ping").length - 1;
      }
      scene.now = end;
      return count;
    };
    scene.input({ Key: { key: 42, pressed: true } });
    expect(pings(2_000_000)).toBeLessThanOrEqual(1);
    scene.input(KEY);
    expect(pings(3_000_000)).toBeGreaterThanOrEqual(18);
    scene.input({ Key: { key: 30, pressed: false } });
    expect(pings(3_000_000)).toBeLessThanOrEqual(1);
  });
});

describe("input", () => {
  test("is numbered, and motion travels on its own lane", () => {
    const scene = new Scene();
    scene.join();
    scene.input(KEY);
    scene.input({ Motion: { position: POSITION } });
    const sent = outbound(scene.done()).filter(({ lane }) => lane === "input" || lane === "motion");
    expect(sent).toMatchObject([
      { lane: "input", input: { id: 1, at: scene.now, track: TRACK, event: KEY } },
      { lane: "motion", input: { id: 2 } },
    ]);
  });

  test("that changes nothing, goes nowhere or breaks the protocol's bounds is not sent", () => {
    const scene = new Scene();
    scene.join();
    scene.input(KEY);
    scene.done();
    expect(scene.input(KEY)).toBe("nothing changes by it");
    expect(scene.input({ Key: { key: 31, pressed: false } })).toBe("nothing changes by it");
    expect(scene.input(KEY, 99)).toBe("no such window");
    const bad: InputEvent[] = [
      { Text: { text: "é".repeat(MAX_TEXT / 2 + 1) } },
      { Motion: { position: { x: NaN, y: 0 } } },
      { RelativeMotion: { dx: Infinity, dy: 0 } },
      { Preedit: { text: "é", cursor: [1, 1] } },
      { Preedit: { text: "ab", cursor: [2, 1] } },
      {
        Touch: { points: Array.from({ length: 17 }, (_, id) => ({ id, phase: "down", position: POSITION })) },
      },
    ];
    for (const event of bad) expect(scene.input(event)).toContain("longer than the protocol allows");
    expect(scene.inputs()).toEqual([]);
  });

  test("of a viewer that may only look is not sent", () => {
    const scene = new Scene();
    scene.join([window()], "view");
    expect(scene.input(KEY)).toContain("only to look");
  });

  test("everything held is released when the focus is lost, and once", () => {
    const scene = new Scene();
    scene.join();
    const point = (phase: "down" | "cancel") => ({ id: 3, phase, position: POSITION });
    scene.viewer.handleFocus(scene.now, TRACK);
    scene.input(KEY);
    scene.input({ Button: { position: POSITION, button: 0x110, pressed: true } });
    scene.input({ Touch: { points: [point("down")] } });
    scene.input({ Preedit: { text: "ni", cursor: [2, 2] } });
    scene.done();
    scene.viewer.handleFocus(scene.now, null);
    expect(scene.inputs()).toEqual([
      [TRACK, RELEASE],
      [TRACK, { Button: { position: POSITION, button: 0x110, pressed: false } }],
      [TRACK, { Touch: { points: [point("cancel")] } }],
      [TRACK, { Preedit: { text: "", cursor: null } }],
    ]);
    scene.viewer.releaseHeld(scene.now);
    expect(scene.inputs()).toEqual([]);
  });

  test("a grab by the app's own title bar lets go of the button, whose release the desktop sees", () => {
    const scene = new Scene();
    scene.join();
    scene.input({ Button: { position: POSITION, button: 0x110, pressed: true } });
    scene.done();
    scene.hear({ Grabbed: { track: TRACK, grab: "move" } });
    const done = scene.done();
    expect(done.map(({ do: it }) => it)).toEqual(["send", "tell"]);
    expect(told(done)).toEqual([{ on: "grabbed", track: TRACK, grab: "move" }]);
  });

  test("relative motion needs a lock, which ends with its window", () => {
    const scene = new Scene();
    scene.join();
    const move: InputEvent = { RelativeMotion: { dx: 1, dy: -2 } };
    expect(scene.input(move)).toBe("nothing changes by it");
    scene.hear({ PointerLock: { track: TRACK } });
    expect(scene.input(move)).toBeNull();
    scene.done();
    scene.hear({ WindowGone: { track: TRACK } });
    expect(told(scene.done())).toContainEqual({ on: "pointer-lock", track: null });
  });

  test("the place where an app takes text is known until it is taken back or its window is gone", () => {
    const scene = new Scene();
    scene.join([window(1), window(2)]);
    const input = { caret: { x: 1, y: 2, w: 0, h: 9 }, purpose: "normal" as const, multiline: true };
    const places = () => told(scene.done()).filter(({ on }) => on === "text-input");
    scene.hear({ TextInput: { track: 1, input } }, { TextInput: { track: 2, input: null } });
    expect(places()).toEqual([{ on: "text-input", track: 1, input }]);
    scene.hear({ WindowGone: { track: 1 } });
    expect(places()).toEqual([{ on: "text-input", track: 1, input: null }]);
  });
});

describe("the clipboard", () => {
  test("content comes in parts and arrives whole", () => {
    const scene = new Scene();
    scene.join();
    scene.viewer.requestClipboard(scene.now, 7, "text/plain");
    expect(scene.control()).toEqual([{ Clipboard: { Request: { request: 7, mime: "text/plain" } } }]);
    scene.hear({ Clipboard: { Content: { request: 7, data: Uint8Array.of(1, 2), last: false } } });
    scene.hear({ Clipboard: { Content: { request: 7, data: Uint8Array.of(3), last: true } } });
    const data = Uint8Array.of(1, 2, 3);
    expect(told(scene.done())).toEqual([{ on: "clipboard-content", request: 7, data }]);
  });

  test("content that is too long or never comes is no content", () => {
    const scene = new Scene();
    scene.join();
    scene.viewer.requestClipboard(scene.now, 0, "text/plain");
    const data = new Uint8Array(MAX_CLIPBOARD / 2);
    for (let part = 0; part < 3; part++)
      scene.hear({ Clipboard: { Content: { request: 0, data, last: false } } });
    expect(told(scene.done())).toContainEqual({ on: "clipboard-content", request: 0, data: null });
    scene.viewer.requestClipboard(scene.now, 1, "text/plain");
    const event = { on: "clipboard-content" as const, request: 1, data: null };
    expect(scene.rest()).toContainEqual([5000, { do: "tell", event }]);
  });

  test("what is offered can be pasted, in parts of bounded size; what is not cannot", () => {
    const scene = new Scene();
    scene.join();
    scene.viewer.offerClipboard(["text/plain"]);
    scene.done();
    scene.hear({ Clipboard: { Request: { request: 4, mime: "text/plain" } } });
    expect(told(scene.done())).toEqual([{ on: "clipboard-wanted", request: 4, mime: "text/plain" }]);
    for (const length of [0, 1, CLIPBOARD_CHUNK, CLIPBOARD_CHUNK + 1]) {
      const whole = Uint8Array.from({ length }, (_, i) => i);
      scene.viewer.provideClipboard(4, whole);
      const parts = scene
        .control()
        .map(
          (message) =>
            (message as { Clipboard: { Content: { data: Uint8Array; last: boolean } } }).Clipboard.Content,
        );
      expect(parts.map(({ last }) => last)).toEqual(parts.map((_, i) => i + 1 === parts.length));
      expect(parts.every(({ data }) => data.length <= CLIPBOARD_CHUNK)).toBe(true);
      expect(Buffer.concat(parts.map(({ data }) => data)).equals(whole)).toBe(true);
    }
    scene.hear({ Clipboard: { Request: { request: 5, mime: "image/png" } } });
    expect(scene.control()).toEqual([{ Clipboard: { Unavailable: { request: 5 } } }]);
  });

  test("an offer of the session ends our own", () => {
    const scene = new Scene();
    scene.join();
    scene.viewer.offerClipboard(["text/plain"]);
    scene.hear({ Clipboard: { Offer: { mimes: ["image/png"] } } });
    scene.done();
    scene.hear({ Clipboard: { Request: { request: 4, mime: "text/plain" } } });
    expect(scene.control()).toEqual([{ Clipboard: { Unavailable: { request: 4 } } }]);
  });
});

test("input says after which messages it was made", () => {
  const scene = new Scene();
  scene.join();
  const after = () => {
    scene.input(KEY);
    scene.input(RELEASE);
    return inputs(scene.done()).map(({ after }) => after);
  };
  expect(after()).toEqual([0, 0]);
  scene.viewer.setKeymap("keymap");
  scene.viewer.offerClipboard(["text/plain"]);
  scene.viewer.dismissPopups();
  scene.viewer.handleFocus(scene.now, TRACK);
  scene.viewer.setVisible(TRACK, false);
  expect(after()).toEqual([4, 4]);
  scene.viewer.resetLink();
  scene.done();
  scene.join();
  const again = after();
  expect(again[0], "the focus, the keymap and the offer went again").toBe(3);
});

test("latency of every stage is known after typing", () => {
  const scene = new Scene();
  scene.join();
  scene.viewer.handleUpdate(scene.now, update(1));
  scene.viewer.handleApplied(scene.now, TRACK, 1, { whole: null, decoded: scene.now });
  scene.viewer.handlePresented(scene.now, TRACK, 1);
  scene.viewer.latency.clear();
  const pressed = scene.now;
  scene.input(KEY);
  const at = (millis: number) => pressed + 1000 * millis;
  const timing = {
    input_received: at(1),
    input_dispatched: at(3),
    captured: at(6),
    encode_started: at(7),
    encoded: at(10),
    sent: at(15),
  };
  scene.viewer.handleUpdate(at(21), update(2, { caused_by_input: 1, timing }));
  scene.viewer.handleApplied(at(28), TRACK, 2, { whole: null, decoded: at(28) });
  scene.viewer.handlePresented(at(36), TRACK, 2);
  const spans = {
    input: 1,
    dispatched: 2,
    captured: 3,
    encoded: 4,
    sent: 5,
    received: 6,
    decoded: 7,
    presented: 8,
  };
  const all = { ...spans, commit_to_presented: 30, input_to_presented: 36 };
  for (const [stage, millis] of Object.entries(all)) {
    const seen = scene.viewer.latency.stage(stage as Stage)?.quantile(1) ?? NaN;
    expect(Math.abs(seen / 1000 / millis - 1), stage).toBeLessThan(0.07);
  }
});
