/** What the viewer core asks its surroundings to do, and how they see its state. */

import type {
  CursorImage,
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
  /** The link broke; the windows stay as they were until the next welcome, and what the user does waits for it. */
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
  | { do: "control"; message: ToHost }
  | { do: "input"; input: Input }
  /** On the motion lane; only the newest need be sent. */
  | { do: "motion"; input: Input }
  | { do: "feedback"; feedback: Feedback }
  /**
   * Apply to the copy of its track, and report `applied`. Updates of a track come in order. The one with the number 1 begins a
   * new copy: what was there before, pixels and decoders, is of an earlier link and must not be built upon.
   */
  | { do: "apply"; update: Update }
  /** A window appeared or changed: its whole state. It is to be shown once its first update was applied. */
  | { do: "window"; window: Window }
  | { do: "window-gone"; track: TrackId }
  | { do: "icon"; icon: Icon }
  | { do: "cursor"; cursor: CursorImage }
  | { do: "seat"; held: boolean }
  | { do: "bell"; track: TrackId }
  | { do: "grabbed"; track: TrackId; grab: WindowGrab }
  /** The app with the keyboard takes text here; null: nowhere that it tells of. It ends with its window too. */
  | { do: "text-input"; place: { track: TrackId; input: TextInput } | null }
  /** The app under the pointer locks it, in this window; null: no more. */
  | { do: "pointer-lock"; track: TrackId | null }
  /** Something was done to an app that people should know of. */
  | { do: "notice"; notice: Notice }
  | { do: "clipboard-offered"; mimes: string[] }
  | { do: "clipboard-wanted"; request: number; mime: string }
  | { do: "clipboard-content"; request: number; data: Uint8Array | null }
  | { do: "state"; state: CoreState };

/** Why an input was not sent. */
export type Unsent =
  | "not connected"
  | "this link allows only to look, not to use"
  | "no such window"
  | "nothing changes by it"
  | "the input is longer than the protocol allows, or its position is no number";
