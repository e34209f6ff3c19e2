/**
 * What the page tells the engine, and what it hears from it. The engine is a worker that owns the link, the
 * viewer core, the decoders and the pixels; the page owns what people see and do. Both sides of this border
 * are plain data.
 */

import type { Axis, Configure, InputEvent, Rect, ResumeKey, Role, Size, TrackId } from "../protocol/types";
import type { Event as SessionEvent } from "../session/action";
import type { Transport } from "./link";

/** What the page tells the engine. */
export type Command =
  /**
   * The first: join the host that served the page. `only` restricts the transports, for people and tests; by
   * `key` the host knows this viewer again.
   */
  | { do: "start"; origin: string; language: string; only: Transport[] | null; key: ResumeKey }
  /** An input event of the user; `at` is `performance.timeOrigin + event.timeStamp`, in milliseconds. */
  | { do: "input"; at: number; track: TrackId; event: InputEvent }
  /** Let go of all keys, buttons and fingers. */
  | { do: "release-all" }
  /** Ask a window to change. The newest serial counts; the page numbers its wishes itself. */
  | { do: "configure"; track: TrackId; configure: Configure }
  | { do: "close"; track: TrackId }
  /** End the app of a window, which does not answer. */
  | { do: "force-quit"; track: TrackId }
  | { do: "focus"; track: TrackId | null }
  | { do: "dismiss-popups" }
  /**
   * The user does something to windows that is no input of an app: takes the seat, if nobody else is using
   * the apps.
   */
  | { do: "take-seat" }
  | { do: "visible"; track: TrackId; visible: boolean }
  | { do: "keymap"; text: string }
  /**
   * Draw a track here from now on, instead of where it was drawn before: windows move between documents.
   * `translucent` if pixels that are not opaque are expected.
   */
  | { do: "canvas"; track: TrackId; canvas: OffscreenCanvas; translucent: boolean }
  | { do: "offer-clipboard"; mimes: string[] }
  /** Paste what the host offered; answered by `clipboard-content` with the same `request`. */
  | { do: "read-clipboard"; request: number; mime: string }
  /** The answer to `clipboard-wanted`. */
  | { do: "clipboard-content"; request: number; data: Uint8Array | null }
  /** The tab or the machine woke, or the network changed. */
  | { do: "network-changed" }
  /** Whether somebody looks at the page: see `watch.ts`. */
  | { do: "looked-at"; on: boolean }
  /** Report figures once a second, or stop. */
  | { do: "report"; on: boolean }
  /**
   * The newest pixels of a part of a track as straight RGBA; answered by `pixels`. For screenshots and tests.
   */
  | { do: "pixels"; request: number; track: TrackId; rect: Rect }
  /** Say goodbye and end. */
  | { do: "leave" };

/** What the page hears from the engine. */
export type Event =
  | { on: "state"; state: State }
  /** The host does not answer, though the link may still hold; or it answers again. */
  | { on: "silence"; silent: boolean }
  /** Something happened in the session, in the core's words. */
  | SessionEvent
  /** A track's picture changed its size or its exactness: not sent for every update. */
  | { on: "picture"; track: TrackId; size: Size; exact: boolean }
  /** Translucent pixels came: the track needs a canvas for them. */
  | { on: "translucent"; track: TrackId }
  | { on: "report"; report: Report }
  | { on: "pixels"; request: number; size: Size; rgba: Uint8Array | null };

export type State =
  | { is: "connecting"; tried: Attempt[] }
  /** All windows follow anew. `attempts` says why this transport was taken. */
  | { is: "online"; role: Role; session: string; transport: Transport; attempts: Attempt[] }
  /** Windows keep their last pictures. */
  | { is: "reconnecting"; reason: string; attempt: number }
  | { is: "ended"; why: "left" | "session-over" | "removed" | "failed"; message: string };

/** One transport that was tried. */
export interface Attempt {
  transport: Transport;
  result: "used" | "works" | "failed" | "unsupported" | "late";
  /** For people: why. */
  detail: string;
  millis: number;
}

/** Figures for the connection panel. Milliseconds and bits a second. */
export interface Report {
  transport: Transport;
  rtt: number | null;
  receivedRate: number;
  sentRate: number;
  updates: number;
  /** Updates drawn in the last second, of all tracks. */
  drawn: number;
  codecs: Record<string, number>;
  /** p50 and p95 of each stage, in the order of a key's way: see `session/latency.ts`. */
  stages: { stage: string; p50: number; p95: number; count: number }[];
}

export type { Axis };
