/** The messages' forms, and the codec. `docs/protocol.md` is the reference, `protocol/vectors/` the test. */

import { MAX_MESSAGE, type Lane } from "./lane";
import {
  binary,
  bool,
  bytes,
  float,
  i32,
  list,
  option,
  pair,
  record,
  text,
  u16,
  u32,
  u64,
  variants,
  whole,
  word,
  type Form,
} from "./form";
import { Reader, WireError, Writer } from "./msgpack";
import type * as t from "./types";

export { WireError };

/** Encodes one message. */
export function encode<T>(form: Form<T>, message: T): Uint8Array {
  const writer = new Writer();
  form.write(writer, message);
  return writer.finish();
}

/**
 * Decodes one whole message that came on `lane`, or throws a `WireError`. Binary data stays within `bytes`.
 */
export function decode<T>(form: Form<T>, lane: Lane, bytes: Uint8Array): T {
  if (bytes.length > MAX_MESSAGE[lane])
    throw new WireError(`${bytes.length} bytes are too many for lane ${lane}`);
  const reader = new Reader(bytes);
  const message = form.read(reader);
  if (reader.left > 0) throw new WireError("stray bytes behind a message");
  return message;
}

/** The versions of the protocol that this viewer speaks. */
export const VERSIONS: t.VersionRange = { oldest: 1, newest: 1 };

/** The longest keymap, in bytes. */
export const MAX_KEYMAP = 512 << 10;
/** The longest text of one input event, in bytes. */
export const MAX_TEXT = 4096;
/** The most fingers in one event. */
export const MAX_TOUCH_POINTS = 16;
/** How far positions and distances reach from zero, in logical units; what lies beyond is a mistake. */
export const MAX_COORDINATE = 1e6;
/** The length of a key by which a viewer is known again, in bytes. */
export const RESUME_KEY = 16;
/** The most MIME types of one offer. */
export const MAX_MIMES = 32;
/** The longest part of clipboard content in one message, in bytes. */
export const CLIPBOARD_CHUNK = 256 << 10;
/** The longest clipboard content, in bytes. */
export const MAX_CLIPBOARD = 16 << 20;

/** Texts that only the lane's longest message bounds. */
const anyText = text(MAX_MESSAGE[0]);
const label = text(1024);
const mime = text(256);
/** More ops than this are no update: each replaces some pixels. */
const MAX_OPS = 1 << 16;

const size: Form<t.Size> = record({ w: u32, h: u32 });
const point: Form<t.Point> = record({ x: i32, y: i32 });
const position: Form<t.Position> = record({ x: float, y: float });
const rect: Form<t.Rect> = record({ x: i32, y: i32, w: u32, h: u32 });
const scale = whole(60, 960);
const codec: Form<t.VideoCodec> = word("h264");

const clipboard: Form<t.Clipboard> = variants<t.Clipboard>({
  Offer: record({ mimes: list(mime, MAX_MIMES) }),
  Request: record({ request: u32, mime }),
  Content: record({ request: u32, data: binary, last: bool }),
  Unavailable: record({ request: u32 }),
});

const limits: Form<t.SizeLimits> = record({
  min: option(size),
  max: option(size),
  increment: option(size),
  base: option(size),
});

const states: Form<t.States> = record({
  activated: bool,
  maximized: bool,
  fullscreen: bool,
  minimized: bool,
  resizing: bool,
  modal: bool,
  urgent: bool,
  client_decorated: bool,
  unresponsive: bool,
  awake: bool,
});

const window: Form<t.Window> = record({
  track: u32,
  kind: word("toplevel", "popup"),
  parent: option(u32),
  title: label,
  app_id: label,
  icon: option(u64),
  position: point,
  size,
  scale,
  limits,
  states,
  configured: u32,
  stacking: u32,
});

/** Pixels must be as many as their size says. */
function pictured<T>(form: Form<T>, bytes: (value: T) => [Uint8Array, number]): Form<T> {
  return {
    write: form.write,
    read(reader) {
      const value = form.read(reader);
      const [pixels, expected] = bytes(value);
      if (pixels.length !== expected) throw new WireError("a picture of another size than it says");
      return value;
    },
  };
}

const icon: Form<t.Icon> = pictured(record<t.Icon>({ id: u64, side: whole(1, 128), rgba: binary }), (it) => [
  it.rgba,
  it.side * it.side * 4,
]);

/** Sides of a cursor, in pixels. */
const cursorSide = whole(1, 256);

const cursorPicture = pictured(
  record({ size: record({ w: cursorSide, h: cursorSide }), hotspot: point, scale, rgba: binary }),
  (it) => [it.rgba, it.size.w * it.size.h * 4],
);

const cursorShape: Form<t.CursorShape> = word(
  "default",
  "context-menu",
  "help",
  "pointer",
  "progress",
  "wait",
  "cell",
  "crosshair",
  "text",
  "vertical-text",
  "alias",
  "copy",
  "move",
  "no-drop",
  "not-allowed",
  "grab",
  "grabbing",
  "e-resize",
  "n-resize",
  "ne-resize",
  "nw-resize",
  "s-resize",
  "se-resize",
  "sw-resize",
  "w-resize",
  "ew-resize",
  "ns-resize",
  "nesw-resize",
  "nwse-resize",
  "col-resize",
  "row-resize",
  "all-scroll",
  "zoom-in",
  "zoom-out",
);

const cursor: Form<t.CursorImage> = variants<t.CursorImage>({
  Hidden: null,
  Named: cursorShape,
  Picture: cursorPicture,
});

const grab: Form<t.WindowGrab> = word(
  "move",
  "resize-top",
  "resize-bottom",
  "resize-left",
  "resize-right",
  "resize-top-left",
  "resize-top-right",
  "resize-bottom-left",
  "resize-bottom-right",
);

const versions: Form<t.VersionRange> = record({ oldest: u16, newest: u16 });

/** Control, to the host. */
export const toHost: Form<t.ToHost> = variants<t.ToHost>({
  Hello: record<t.Hello>({
    versions,
    ticket: text(256),
    agent: text(128),
    video: list(codec, 16),
    resume: option(record({ key: bytes(RESUME_KEY), began: option(u32), since: u64 })),
  }),
  Configure: record({
    track: u32,
    configure: record<t.Configure>({
      serial: u32,
      size: option(size),
      scale,
      maximized: bool,
      fullscreen: bool,
      resizing: bool,
    }),
  }),
  Focus: record({ track: option(u32) }),
  DismissPopups: null,
  TakeSeat: null,
  Visible: record({ track: u32, visible: bool }),
  Keymap: record({ text: text(MAX_KEYMAP) }),
  Clipboard: clipboard,
  Ping: record({ viewer: u64 }),
  Goodbye: null,
});

const refusalCode: Form<t.RefusalCode> = word(
  "version",
  "ticket-invalid",
  "ticket-expired",
  "protocol",
  "full",
  "overflow",
  "replaced",
  "removed",
);

const textInput: Form<t.TextInput> = record({
  caret: rect,
  purpose: word(
    "normal",
    "letters",
    "digits",
    "number",
    "phone",
    "url",
    "email",
    "name",
    "password",
    "pin",
    "date",
    "time",
    "date-time",
    "terminal",
  ),
  multiline: bool,
});

/** Control, to the viewer. */
export const toViewer: Form<t.ToViewer> = variants<t.ToViewer>({
  Welcome: record<t.Welcome>({
    version: u16,
    session: label,
    viewer: u32,
    role: word("control", "view"),
    now: u64,
    resumed: option(u64),
  }),
  Refused: record<t.Refusal>({ code: refusalCode, message: anyText }),
  Window: window,
  WindowGone: record({ track: u32 }),
  Icon: icon,
  Cursor: cursor,
  Seat: record({ held: bool }),
  Clipboard: clipboard,
  Bell: record({ track: u32 }),
  Grabbed: record({ track: u32, grab }),
  TextInput: record({ track: u32, input: option(textInput) }),
  PointerLock: record({ track: option(u32) }),
  Drag: record({ drag: option(record<t.Drag>({ picture: option(cursor) })) }),
  Notice: record<t.Notice>({ app: label, kind: word("ended", "no-room", "x11-ended") }),
  Pong: record({ viewer: u64, host: u64 }),
  Goodbye: record({ reason: anyText }),
});

const axis: Form<t.Axis> = record({
  modality: word("wheel", "finger", "continuous"),
  dx: float,
  dy: float,
  detents_x: i32,
  detents_y: i32,
});

const touchPoint: Form<t.TouchPoint> = record({
  id: u32,
  phase: word("down", "move", "up", "cancel"),
  position,
});

/** Input and motion. */
export const input: Form<t.Input> = record({
  id: u64,
  at: u64,
  after: u32,
  track: u32,
  event: variants<t.InputEvent>({
    Key: record({ key: u16, pressed: bool }),
    Locks: record({ caps: bool, num: bool }),
    Text: record({ text: text(MAX_TEXT) }),
    Motion: record({ position }),
    Leave: null,
    Close: null,
    ForceQuit: null,
    Button: record({ position, button: u16, pressed: bool }),
    Scroll: record({ position, axis }),
    Touch: record({ points: list(touchPoint, MAX_TOUCH_POINTS) }),
    Preedit: record({ text: text(MAX_TEXT), cursor: option(pair(u32)) }),
    RelativeMotion: record({ dx: float, dy: float }),
  }),
});

/** Feedback. */
export const feedback: Form<t.Feedback> = record({
  track: u32,
  update: u64,
  received_at: u64,
  decoded_at: u64,
  presented_at: option(u64),
});

const op: Form<t.Op> = variants<t.Op>({
  Copy: record({ from: rect, to: point }),
  Tile: record({ rect, coding: word("solid", "bands", "raw", "planes"), data: binary }),
  Video: record({ rect, codec, stream: u32, keyframe: bool, data: binary }),
});

/** Updates. */
export const update: Form<t.Update> = record({
  track: u32,
  id: u64,
  size,
  ops: list(op, MAX_OPS),
  exact: bool,
  caused_by_input: option(u64),
  timing: record<t.Timing>({
    input_received: option(u64),
    input_dispatched: option(u64),
    captured: u64,
    encode_started: u64,
    encoded: u64,
    sent: u64,
  }),
});
