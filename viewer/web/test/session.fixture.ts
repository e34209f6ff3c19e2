/** A viewer core with a scripted host: what the host says goes in, what the viewer does is listed. */

import type { Input, InputEvent, Role, ToHost, ToViewer, Update, Window } from "../src/protocol/types";
import type { Action, Event, Outbound } from "../src/session/action";
import { Viewer } from "../src/session/viewer";

export const TRACK = 7;
export const KEY: InputEvent = { Key: { key: 30, pressed: true } };
export const RELEASE: InputEvent = { Key: { key: 30, pressed: false } };
/** By what the host knows the viewer again. */
export const RESUME_ID = new Uint8Array(16).fill(5);
export const POSITION = { x: 12.5, y: -3.25 };

/** A window's state. */
export function window(track = TRACK, more: Partial<Window> = {}): Window {
  return {
    track,
    kind: "toplevel",
    parent: null,
    title: `window ${track}`,
    app_id: "app",
    icon: null,
    position: { x: 0, y: 0 },
    size: { w: 100, h: 50 },
    scale: 120,
    limits: { min: null, max: null, increment: null, base: null },
    states: {
      activated: false,
      maximized: false,
      fullscreen: false,
      minimized: false,
      resizing: false,
      modal: false,
      urgent: false,
      client_decorated: false,
      unresponsive: false,
      awake: false,
    },
    configured: 0,
    stacking: track,
    ...more,
  };
}

/** An update without pixels. */
export function update(id: number, more: Partial<Update> = {}): Update {
  return {
    track: TRACK,
    id,
    size: { w: 4, h: 3 },
    ops: [],
    exact: true,
    caused_by_input: null,
    timing: {
      input_received: null,
      input_dispatched: null,
      captured: id,
      encode_started: id,
      encoded: id,
      sent: id,
    },
    ...more,
  };
}

/** What of this goes to the host. */
export function outbound(actions: Action[]): Outbound[] {
  return actions.flatMap((action) => (action.do === "send" ? [action.outbound] : []));
}

/** What of this the front end is told. */
export function told(actions: Action[]): Event[] {
  return actions.flatMap((action) => (action.do === "tell" ? [action.event] : []));
}

/** The input of this, of the input lane. */
export function inputs(actions: Action[]): Input[] {
  return outbound(actions).flatMap((it) => (it.lane === "input" ? [it.input] : []));
}

/** A viewer, the time, and what it did since it was last asked. */
export class Scene {
  readonly viewer = new Viewer();
  now = 1_000_000;

  connect(): void {
    this.viewer.handleConnected(this.now, {
      ticket: "ticket",
      agent: "test",
      video: ["h264"],
      key: RESUME_ID,
    });
  }

  /** The viewer is connected and welcomed; these windows are all there are. */
  join(windows?: Window[], role?: Role, session?: string): Action[] {
    this.connect();
    return this.letIn({ windows, role, session });
  }

  /** The host lets the viewer in, as one that it knows so far, and tells all there is. */
  letIn({
    windows = [window()],
    role = "control" as Role,
    session = "main",
    resumed = null as number | null,
  }): Action[] {
    this.hear({ Welcome: { version: 1, session, viewer: 1, role, now: this.now, resumed } });
    for (const window of windows) this.hear({ Window: window });
    this.hear({ Seat: { held: true } });
    return this.done();
  }

  hear(...messages: ToViewer[]): void {
    for (const message of messages) this.viewer.handleControl(this.now, message);
  }

  /** What the viewer did since, of one kind if asked. */
  done(): Action[] {
    return [...this.viewer.drain()];
  }

  /** Which updates were handed out since. */
  applied(): number[] {
    return this.done().flatMap((action) => (action.do === "apply" ? [action.update.id] : []));
  }

  /** What was sent on the control lane since, but for pings. */
  control(): ToHost[] {
    const messages = outbound(this.done()).flatMap((it) => (it.lane === "control" ? [it.message] : []));
    return messages.filter((message) => typeof message === "string" || !("Ping" in message));
  }

  /** Which input events were sent since, with their tracks. */
  inputs(): [number, InputEvent][] {
    return outbound(this.done()).flatMap((it) =>
      it.lane === "input" || it.lane === "motion" ? [[it.input.track, it.input.event]] : [],
    );
  }

  input(event: InputEvent, track = TRACK): string | null {
    return this.viewer.handleInput(this.now, track, event);
  }

  /** Lets time pass until nothing is left to do; answers what was done, with the milliseconds at which. */
  rest(): [number, Action][] {
    const begin = this.now;
    const all: [number, Action][] = [];
    for (let at = this.viewer.timeout(); at !== null; at = this.viewer.timeout()) {
      this.now = Math.max(at, this.now);
      this.viewer.handleTimeout(this.now);
      for (const action of this.done()) all.push([(this.now - begin) / 1000, action]);
    }
    return all;
  }
}
