/** What the viewer core asks its surroundings to do, and how they see its state. */

import type {
  CursorImage,
  Drag,
  Feedback,
  Icon,
  Input,
  Notice,
  Refusal,
  ResumeKey,
  Role,
  TextInput,
  ToHost,
  TrackId,
  Update,
  VideoCodec,
  ViewerId,
  Window,
  WindowGrab,
} from "../protocol/types";

/** What a viewer is, for one connection. */
export interface Introduction {
  /** The right to join. */
  ticket: string;
  /** Name and version, for people. */
  agent: string;
  /** Video codecs that it decodes. */
  video: VideoCodec[];
  /** By what its host knows it again on its next connection: random, and made once. */
  key: ResumeKey;
}

/** How a viewer stands to its host. */
export type CoreState =
  /** Not yet welcomed for the first time. */
  | { is: "connecting" }
  | { is: "live"; session: string; viewer: ViewerId; role: Role }
  /**
   * The link broke; the windows stay as they were until the next welcome, and what the user does waits for
   * it.
   */
  | { is: "reconnecting"; session: string; role: Role }
  /** For good. */
  | { is: "closed"; end: End };

/** Why it is over. */
export type End =
  /** The host does not let the viewer in, or threw it out. */
  | { why: "refused"; refusal: Refusal }
  | { why: "goodbye"; reason: string }
  /** The host broke the protocol's rules. */
  | { why: "protocol"; reason: string };

/** What the surroundings of the core are to do, in this order. */
export type Action =
  /** Send to the host. Without a link there is nobody to send it to: it is dropped, as the core expects. */
  | { do: "send"; outbound: Outbound }
  /**
   * Apply to the copy of its track, and report `applied`. Updates of a track come in order. The one with the
   * number 1 begins a new copy: what was there before, pixels and decoders, is of an earlier link and must
   * not be built upon.
   */
  | { do: "apply"; update: Update }
  /** Tell the front end. */
  | { do: "tell"; event: Event }
  | { do: "state"; state: CoreState };

/** What goes to the host, by its lane. */
export type Outbound =
  | { lane: "control"; message: ToHost }
  | { lane: "input"; input: Input }
  /** Only the newest need be sent. */
  | { lane: "motion"; input: Input }
  | { lane: "feedback"; feedback: Feedback };

/** What the front end is told: it shows windows, and takes part in the clipboard. */
export type Event =
  /** A window appeared or changed: its whole state. It is to be shown once its first update was applied. */
  | { on: "window"; window: Window }
  | { on: "window-gone"; track: TrackId }
  | { on: "icon"; icon: Icon }
  | { on: "cursor"; cursor: CursorImage }
  /** Whether this viewer has the seat: its input reaches the apps, and windows are as it wants them. */
  | { on: "seat"; held: boolean }
  | { on: "bell"; track: TrackId }
  | { on: "grabbed"; track: TrackId; grab: WindowGrab }
  /**
   * The app that has the focus takes text here (its caret), or takes none any more. It ends with its window
   * too.
   */
  | { on: "text-input"; track: TrackId; input: TextInput | null }
  /** The app under the pointer locks it, in this window; null: no more. */
  | { on: "pointer-lock"; track: TrackId | null }
  /**
   * The user drags content from a window: the pointer is to be told of in the window that it is over; null:
   * no more.
   */
  | { on: "drag"; drag: Drag | null }
  /** Something was done to an app that people should know of. */
  | { on: "notice"; notice: Notice }
  /** The session has something to paste; empty: nothing any more. */
  | { on: "clipboard-offered"; mimes: string[] }
  /** An app wants to paste what this viewer offered. */
  | { on: "clipboard-wanted"; request: number; mime: string }
  /** What was asked for by this number, if there is any. */
  | { on: "clipboard-content"; request: number; data: Uint8Array | null };

/** Why an input was not sent. */
export type Unsent =
  | "not connected"
  | "this link allows only to look, not to use"
  | "no such window"
  | "nothing changes by it"
  | "the input is longer than the protocol allows, or its position is no number";
