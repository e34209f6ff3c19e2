/** Two sessions of two hosts on one page. */

import { beforeEach, expect, test } from "vitest";

import { Api } from "../api/api";
import type { Command, Event, State } from "../link/vocabulary";
import { remote } from "../present/model/remote.fixture";
import { Toplevel } from "../present/model/toplevel";
import { Windows } from "../present/model/windows";
import { Session } from "./session";
import { Sessions } from "./sessions";
import { sessionOf, trackOf, windowKey } from "./window-key";

/** A host behind its engine. */
interface Host {
  session: Session;
  /** The host, by its engine, tells this. */
  tell(event: Event): void;
  /** All that its engine heard since it was asked last. */
  heard(): Command[];
}

let sessions: Sessions;
let windows: Windows;
let told: [number, Event][];
let a: Host;
let b: Host;

beforeEach(() => {
  sessions = new Sessions();
  windows = new Windows();
  told = [];
  [a, b] = [host(0), host(1)];
});

function host(id: number): Host {
  const heard: Command[] = [];
  let tell: (event: Event) => void = () => {};
  const session = new Session(
    {
      id,
      api: new Api(`https://host${id}.example`),
      connect: (hear) => {
        tell = hear;
        return { send: (command) => void heard.push(command) };
      },
      notices: { say: () => {}, keep: () => {}, clear: () => false, speak: () => {} },
    },
    (session, event) => onEvent(session, event),
  );
  sessions.add(session);
  return { session, tell: (event) => tell(event), heard: () => heard.splice(0) };
}

/** As the desk does. */
function onEvent(session: Session, event: Event): void {
  told.push([session.id, event]);
  if (event.on === "window-gone") windows.remove(event.track);
  if (event.on !== "window") return;
  windows.tree.set(event.window);
  const known = windows.get(event.window.track);
  if (known !== undefined) {
    known.window = event.window;
    return;
  }
  const toplevel = new Toplevel(event.window);
  toplevel.normal = { x: 0, y: 0 };
  windows.add(toplevel);
}

const online = (role: "control" | "view"): State => ({
  is: "online",
  role,
  session: "main",
  transport: "websocket",
  attempts: [],
});
const window = (track: number, more: Parameters<typeof remote>[1] = {}): Event => ({
  on: "window",
  window: remote(track, more),
});
/** Windows by session and track: "1/7". */
const names = (all: Toplevel[]) => all.map(({ track }) => `${sessionOf(track)}/${trackOf(track)}`);

test("a key has the session and the track, and the first session's are its tracks", () => {
  for (const [session, track] of [
    [0, 0],
    [0, 7],
    [1, 0],
    [3, 0xffff_ffff],
    [2_000_000, 0xffff_ffff],
  ] as const) {
    const key = windowKey(session, track);
    expect([sessionOf(key), trackOf(key)]).toEqual([session, track]);
    expect(Number.isSafeInteger(key)).toBe(true);
  }
  expect(windowKey(0, 7)).toBe(7);
});

test("windows with the same track stand beside each other, and each goes by itself", () => {
  a.tell(window(1));
  b.tell(window(1, { parent: null, title: "the other" }));
  b.tell(window(2, { parent: 1, icon: 5 }));
  expect(names(windows.all())).toEqual(["0/1", "1/1", "1/2"]);
  expect(names(windows.dialogsOf(windowKey(1, 1)))).toEqual(["1/2"]);
  expect(windows.dialogsOf(windowKey(0, 1))).toEqual([]);
  expect(windows.get(windowKey(1, 2))?.window.icon).toBe(windowKey(1, 5));
  b.tell({ on: "window-gone", track: 1 });
  expect(names(windows.all())).toEqual(["0/1", "1/2"]);
});

test("a command goes to the session of its window, which hears its own track", () => {
  sessions.send({ do: "close", track: windowKey(1, 7) });
  expect(a.heard()).toEqual([]);
  expect(b.heard()).toEqual([{ do: "close", track: 7 }]);
  sessions.send({ do: "release-all" });
  expect([a.heard(), b.heard()]).toEqual([[{ do: "release-all" }], [{ do: "release-all" }]]);
});

test("one session has the keyboard", () => {
  sessions.send({ do: "focus", track: windowKey(1, 7) });
  expect(a.heard()).toEqual([{ do: "focus", track: null }]);
  expect(b.heard()).toEqual([{ do: "focus", track: 7 }]);
  sessions.send({ do: "focus", track: null });
  expect([a.heard(), b.heard()]).toEqual([[{ do: "focus", track: null }], [{ do: "focus", track: null }]]);
});

test("role, seat and link are each session's own", () => {
  a.tell({ on: "state", state: online("control") });
  b.tell({ on: "state", state: online("view") });
  a.tell({ on: "seat", held: true });
  b.tell({ on: "silence", silent: true });
  expect([a.session.role, b.session.role]).toEqual(["control", "view"]);
  expect([a.session.seat, b.session.seat]).toEqual([true, null]);
  expect([a.session.silent, b.session.silent]).toEqual([false, true]);
  b.tell({ on: "state", state: { is: "reconnecting", reason: "lost", attempt: 1 } });
  expect([a.session.online, b.session.online]).toEqual([true, false]);
  expect(told.map(([id]) => id)).toEqual([0, 1, 0, 1, 1]);
});

test("each host orders its own windows, and the session that was used last is above", () => {
  for (const track of [1, 2]) a.tell(window(track, { stacking: track }));
  for (const track of [1, 2]) b.tell(window(track, { stacking: 1000 + track }));
  windows.activate(windowKey(0, 1));
  expect(names(windows.stacked())).toEqual(["0/2", "1/1", "1/2", "0/1"]);
  // The host's own word on that follows, with numbers that say nothing about the other host's windows.
  a.tell(window(1, { stacking: 3 }));
  expect(names(windows.stacked())).toEqual(["0/2", "1/1", "1/2", "0/1"]);
  b.tell(window(1, { stacking: 1003 }));
  expect(names(windows.stacked())).toEqual(["0/2", "1/2", "1/1", "0/1"]);
  windows.activate(windowKey(1, 2));
  expect(names(windows.stacked())).toEqual(["0/2", "1/1", "0/1", "1/2"]);
});

test("an API asks its own host", () => {
  expect([a.session.api.origin, b.session.api.origin]).toEqual([
    "https://host0.example",
    "https://host1.example",
  ]);
});
