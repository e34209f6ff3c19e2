/**
 * The messages of the protocol, generated from the Rust types: change nothing here, see
 * `protocol/tests/typescript.rs`. `docs/protocol.md` explains them.
 *
 * Numbers that have 64 bits in Rust are plain numbers here, exact up to 2^53: ids count from 1 or are cut to
 * 53 bits, times are microseconds since a machine started, and `wire.ts` refuses what is larger.
 */

/** One scroll event. Positive is right and down: content moves left and up. */
export type Axis = {
  /** How the user scrolled. */
  modality: Modality,
  /** Horizontally, in logical units. */
  dx: number,
  /** Vertically, in logical units. */
  dy: number,
  /** Horizontally, in 120ths of a detent of a wheel; 0 unless a wheel. */
  detents_x: number,
  /** Vertically, likewise. */
  detents_y: number,
};

/** A button of a pointing device, as evdev numbers it. */
export type Button = number;

/** Clipboard messages. The side that owns the content offers; the other requests; content comes in chunks. */
export type Clipboard = { "Offer": {
    /** At most [`MAX_MIMES`], each at most 256 bytes. */
    mimes: Array<string>,
} } | { "Request": {
    /** To name in the answer, chosen by the sender. */
    request: ClipboardRequest,
    /** The type it wants. */
    mime: string,
} } | { "Content": {
    /** Which request. */
    request: ClipboardRequest,
    /** The part. */
    data: Uint8Array,
    /** Whether it is the last. */
    last: boolean,
} } | { "Unavailable": {
    /** Which request. */
    request: ClipboardRequest,
} };

/** One request for clipboard content, unique among those a side has open. */
export type ClipboardRequest = number;

/** What a window is asked to become. */
export type Configure = {
  /** The viewer's number for this wish, increasing; comes back as [`Window::configured`] in that viewer's
   * messages. */
  serial: number,
  /** The size, `None` to let the app choose. */
  size: Size | null,
  /** Pixels per logical unit. */
  scale: Scale,
  /** Fill the work area. */
  maximized: boolean,
  /** Fill the screen. */
  fullscreen: boolean,
  /** Being resized: more will follow soon. */
  resizing: boolean,
};

/** How the pointer looks. */
export type CursorImage = "Hidden" | { "Named": CursorShape } | { "Picture": {
    /** Width and height in pixels. */
    size: Size,
    /** The pixel that points. */
    hotspot: Point,
    /** Pixels per logical unit. */
    scale: Scale,
    /** R G B A, alpha straight, rows without padding. */
    rgba: Uint8Array,
} };

/** Cursor shapes, named as in CSS and wp-cursor-shape-v1. */
export type CursorShape = "default" | "context-menu" | "help" | "pointer" | "progress" | "wait" | "cell" | "crosshair" | "text" | "vertical-text" | "alias" | "copy" | "move" | "no-drop" | "not-allowed" | "grab" | "grabbing" | "e-resize" | "n-resize" | "ne-resize" | "nw-resize" | "s-resize" | "se-resize" | "sw-resize" | "w-resize" | "ew-resize" | "ns-resize" | "nesw-resize" | "nwse-resize" | "col-resize" | "row-resize" | "all-scroll" | "zoom-in" | "zoom-out";

/** Content on its way from one window to another, by the pointer. */
export type Drag = {
  /** What is drawn at the pointer, if the app says so; its hotspot is the pointer's place. */
  picture: CursorImage | null,
};

/** An update reached its end. Lost feedback is harmless: a later one of the same track stands for all before
 * it. */
export type Feedback = {
  /** Which track. */
  track: TrackId,
  /** Which update. */
  update: UpdateId,
  /** Its last byte arrived. */
  received_at: Timestamp,
  /** All its ops were decoded. */
  decoded_at: Timestamp,
  /** It was shown; `None` if a newer one was shown instead or the window is hidden. */
  presented_at: Timestamp | null,
};

/** Asks to join. `Debug` hides the ticket and the key, so that they get into no log. */
export type Hello = {
  /** What the viewer speaks. */
  versions: VersionRange,
  /** The right to join, as it stands in the link. */
  ticket: string,
  /** What the viewer is, for people: name and version. At most 128 bytes. */
  agent: string,
  /** Video codecs it decodes. */
  video: Array<VideoCodec>,
  /** How the host knows the viewer again; nil: it never returns. */
  resume: Resume | null,
};

/** The content of an icon. */
export type Icon = {
  /** Which windows' icon it is. */
  id: IconId,
  /** Width and height in pixels, at most [`Icon::MAX_SIDE`]. */
  side: number,
  /** `side` × `side` pixels, R G B A, alpha straight. */
  rgba: Uint8Array,
};

/** An icon by its content: a hash of 53 bits, so that every language holds it exactly. */
export type IconId = number;

/** One input event of a user.
 *
 * Keys, buttons, scrolling, touch, text, relative motion and closing travel on the input lane; motion
 * travels alone on the motion lane and may be lost or late: an event with a lower id than one already
 * handled is dropped there. */
export type Input = {
  /** Its number, increasing over both lanes: within a link, and over links of a viewer that is known again. */
  id: InputId,
  /** When it happened, on the viewer's clock. */
  at: Timestamp,
  /** How many messages that go before input
   * ([`ToHost::goes_before_input`](crate::control::ToHost::goes_before_input)) its viewer had sent on this
   * link when it happened. It takes effect after those, whichever lane is faster. */
  after: number,
  /** The window it belongs to. */
  track: TrackId,
  /** What happened. */
  event: InputEvent,
};

/** What happened. */
export type InputEvent = { "Key": {
    /** Which, by place. */
    key: KeyCode,
    /** Down or up. */
    pressed: boolean,
} } | { "Locks": {
    /** Caps Lock. */
    caps: boolean,
    /** Num Lock. */
    num: boolean,
} } | { "Text": {
    /** Which. */
    text: string,
} } | { "Preedit": {
    /** What there is of it; at most [`MAX_TEXT`] bytes. */
    text: string,
    /** Begin and end of its selection, or twice its caret: offsets in bytes of UTF-8, at character
     * boundaries within the text, in order. Nil: not shown. */
    cursor: [number, number] | null,
} } | { "Motion": {
    /** To where. */
    position: Position,
} } | { "RelativeMotion": {
    /** Rightwards. */
    dx: number,
    /** Downwards. */
    dy: number,
} } | "Leave" | { "Button": {
    /** Where the pointer is. */
    position: Position,
    /** Which. */
    button: Button,
    /** Down or up. */
    pressed: boolean,
} } | { "Scroll": {
    /** Where the pointer is. */
    position: Position,
    /** How. */
    axis: Axis,
} } | { "Touch": {
    /** What changed. */
    points: Array<TouchPoint>,
} } | "Close" | "ForceQuit";

/** The number a viewer gave to one of its input events: increasing within one link, and over the links of
 * a viewer that its host knows again. */
export type InputId = number;

/** A key as Linux' evdev numbers it (`linux/input-event-codes.h`): a place on the keyboard, not a letter. X11
 * and xkb count 8 more. */
export type KeyCode = number;

/** What a scroll event was made with, as in `wl_pointer.axis_source`. */
export type Modality = "wheel" | "finger" | "continuous";

/** Something that was done to an app and that its users could not know the reason of. */
export type Notice = {
  /** What the app is called, as far as it is known: at most [`Window::MAX_TEXT`](crate::Window::MAX_TEXT)
   * bytes, perhaps none. */
  app: string,
  /** What was done. */
  kind: NoticeKind,
};

/** What was done. */
export type NoticeKind = "ended" | "no-room" | "x11-ended";

/** One change of a part of the picture. Rectangles lie within the picture. */
export type Op = { "Copy": {
    /** What to move. */
    from: Rect,
    /** Its new top left corner. */
    to: Point,
} } | { "Tile": {
    /** Where. */
    rect: Rect,
    /** How `data` holds the pixels. */
    coding: TileCoding,
    /** The coded pixels. */
    data: Uint8Array,
} } | { "Video": {
    /** Where. The coded picture may be larger by padding to the right and below, which is cut off. */
    rect: Rect,
    /** Which codec. */
    codec: VideoCodec,
    /** Which decoder of this track: each has its own chain of references. A stream's first access unit is
     * a keyframe; a decoder of another stream that is not used any more can be dropped. */
    stream: number,
    /** Whether it can be decoded without earlier ones. */
    keyframe: boolean,
    /** One access unit (H.264: Annex B). */
    data: Uint8Array,
} };

/** A whole-numbered point. */
export type Point = {
  /** Rightwards. */
  x: number,
  /** Downwards. */
  y: number,
};

/** A point with fractions, as pointers and fingers have. */
export type Position = {
  /** Rightwards. */
  x: number,
  /** Downwards. */
  y: number,
};

/** A rectangle: its top left corner, its width and its height. Empty if either is zero. */
export type Rect = {
  /** Left edge. */
  x: number,
  /** Top edge. */
  y: number,
  /** Width. */
  w: number,
  /** Height. */
  h: number,
};

/** Why a viewer is not let in, or was thrown out: a code for programs, a sentence for people. */
export type Refusal = {
  /** For programs. */
  code: RefusalCode,
  /** For people: what is wrong and what to do. */
  message: string,
};

/** Kinds of refusals. */
export type RefusalCode = "version" | "ticket-invalid" | "ticket-expired" | "protocol" | "full" | "overflow" | "replaced" | "removed";

/** What a viewer says of its links before, so that its input is carried over to this one. */
export type Resume = {
  /** Who it is. */
  key: ResumeKey,
  /** The [`Welcome::viewer`](crate::control::Welcome::viewer) with which the numbers of its input began;
   * nil: it was never welcomed. */
  began: ViewerId | null,
  /** It can still send all events of the input lane after this one. If less than that has taken effect,
   * something would be missing, and the host does not know the viewer again. */
  since: InputId,
};

/** A random number that a viewer makes once, when it starts, and tells nobody but its host. Whoever has it
 * can take the viewer's place in its session, so `Debug` hides it. */
export type ResumeKey = Uint8Array;

/** What a viewer may do. */
export type Role = "control" | "view";

/** How many pixels one logical unit is, in 120ths, as in wp-fractional-scale-v1. Between 1/2 and 8. */
export type Scale = number;

/** A width and a height. */
export type Size = {
  /** Width. */
  w: number,
  /** Height. */
  h: number,
};

/** The sizes a window can have. Zero never stands for "unlimited"; absence does. */
export type SizeLimits = {
  /** Not smaller than this. */
  min: Size | null,
  /** Not larger than this. */
  max: Size | null,
  /** Sizes are `base` plus a multiple of this (terminals). */
  increment: Size | null,
  /** Where increments start. */
  base: Size | null,
};

/** States of a toplevel, as in xdg-shell. */
export type States = {
  /** Has the keyboard; drawn as active. */
  activated: boolean,
  /** Fills the work area. */
  maximized: boolean,
  /** Fills the screen. */
  fullscreen: boolean,
  /** Not shown, by wish of the user or of the app. */
  minimized: boolean,
  /** Being resized by the user. */
  resizing: boolean,
  /** A dialog that keeps its parent from being used. */
  modal: boolean,
  /** Wants the user's attention. */
  urgent: boolean,
  /** The app draws its own title bar and borders, the viewer must not. */
  client_decorated: boolean,
  /** The app does not answer: it hangs, or was stopped. Its user can wait, or have it ended. */
  unresponsive: boolean,
  /** Shows something that people watch without touching anything, as a film: the screen must stay on. */
  awake: boolean,
};

/** A place where an app takes text. Apps that say nothing about theirs (X11 apps, games) take text all the
 * same. */
export type TextInput = {
  /** The caret, in the track's coordinates: candidates of an input method stand below it. Within
   * [`TextInput::MAX_COORDINATE`], and perhaps outside of the window; without a width if the app gives
   * none. */
  caret: Rect,
  /** What kind of text is wanted. */
  purpose: TextPurpose,
  /** Whether it can have several lines. */
  multiline: boolean,
};

/** What kind of text is wanted, as in text-input-v3: for soft keyboards, and so that what is secret is not
 * learned. */
export type TextPurpose = "normal" | "letters" | "digits" | "number" | "phone" | "url" | "email" | "name" | "password" | "pin" | "date" | "time" | "date-time" | "terminal";

/** How a tile holds its pixels. See `docs/protocol.md` for the byte layout of each. */
export type TileCoding = "solid" | "bands" | "raw" | "planes";

/** Microseconds on one monotonic clock. Which clock (the host's or a viewer's) is said where a value stands;
 * the two are never compared without the offset that the viewer core estimates. */
export type Timestamp = number;

/** When the host did what, on the host's clock. `input_*` are those of `caused_by_input`. */
export type Timing = {
  /** The input reached the host. */
  input_received: Timestamp | null,
  /** The input was handed to the app. */
  input_dispatched: Timestamp | null,
  /** The app committed the newest pixels within. */
  captured: Timestamp,
  /** The encoder began. */
  encode_started: Timestamp,
  /** The encoder had finished. */
  encoded: Timestamp,
  /** It was handed to the link. */
  sent: Timestamp,
};

/** From viewer to host. */
export type ToHost = { "Hello": Hello } | { "Configure": {
    /** Which. */
    track: TrackId,
    /** Into what. */
    configure: Configure,
} } | { "Focus": {
    /** Which. */
    track: TrackId | null,
} } | "DismissPopups" | "TakeSeat" | { "Visible": {
    /** Which. */
    track: TrackId,
    /** Whether. */
    visible: boolean,
} } | { "Keymap": {
    /** The keymap. */
    text: string,
} } | { "Clipboard": Clipboard } | { "Ping": {
    /** The viewer's time. */
    viewer: Timestamp,
} } | "Goodbye";

/** From host to viewer. */
export type ToViewer = { "Welcome": Welcome } | { "Refused": Refusal } | { "Window": Window } | { "WindowGone": {
    /** Which. */
    track: TrackId,
} } | { "Icon": Icon } | { "Cursor": CursorImage } | { "Seat": {
    /** Whether. */
    held: boolean,
} } | { "Clipboard": Clipboard } | { "Bell": {
    /** Which window. */
    track: TrackId,
} } | { "Drag": {
    /** What is dragged; nil: nothing any more. */
    drag: Drag | null,
} } | { "Grabbed": {
    /** Which window. */
    track: TrackId,
    /** What the drag does. */
    grab: WindowGrab,
} } | { "TextInput": {
    /** Which window or popup. */
    track: TrackId,
    /** Where in it; nil: nowhere that the app tells of. Text may be sent all the same. */
    input: TextInput | null,
} } | { "PointerLock": {
    /** Which window; nil: none. */
    track: TrackId | null,
} } | { "Notice": Notice } | { "Pong": {
    /** As asked. */
    viewer: Timestamp,
    /** The host's time. */
    host: Timestamp,
} } | { "Goodbye": {
    /** Why, for people. */
    reason: string,
} };

/** What a finger did. */
export type TouchPhase = "down" | "move" | "up" | "cancel";

/** One finger's change. */
export type TouchPoint = {
  /** Which finger, while it is down. */
  id: number,
  /** What it did. */
  phase: TouchPhase,
  /** Where, relative to the track on which the touch began. */
  position: Position,
};

/** One sequence of pictures: a toplevel's or a popup's. Unique for the life of a session, never reused. */
export type TrackId = number;

/** An atomic change of one viewer's copy of one track.
 *
 * Updates of a track are applied in the order of their ids, each wholly or not at all. If `size` differs
 * from the copy's size, the copy is resized first: what lies within both keeps its pixels. */
export type Update = {
  /** Which track. */
  track: TrackId,
  /** Its number for this viewer: 1, 2, 3, … without gaps. */
  id: UpdateId,
  /** The picture's size. */
  size: Size,
  /** In this order. */
  ops: Array<Op>,
  /** Whether the copy afterwards equals the app's picture at `timing.captured`, pixel by pixel. */
  exact: boolean,
  /** The newest of this viewer's inputs that caused any of it. */
  caused_by_input: InputId | null,
  /** When the host did what. */
  timing: Timing,
};

/** The number of an update within one (viewer, track): 1, 2, 3, … without gaps. */
export type UpdateId = number;

/** A version of the protocol. Additions that old peers can ignore do not change it. */
export type Version = number;

/** A range of versions that one end speaks. */
export type VersionRange = {
  /** The oldest. */
  oldest: Version,
  /** The newest. */
  newest: Version,
};

/** Video codecs. */
export type VideoCodec = "h264";

/** One viewer's link to one session. Unique for the life of a session; a viewer that returns gets a new
 * one. */
export type ViewerId = number;

/** The viewer is in. */
export type Welcome = {
  /** What both speak from now on. */
  version: Version,
  /** The session. A viewer that returns to the same session keeps its windows' places. */
  session: string,
  /** This link's viewer. */
  viewer: ViewerId,
  /** What it may do. */
  role: Role,
  /** The host's time. */
  now: Timestamp,
  /** The viewer is known from a link before: the newest event of its input lane that took effect. Those
   * after it had none; the viewer sends them again, before all others, and goes on with its numbers. Nil:
   * the viewer is new, what it may have held down is released, and its numbers begin with 1. */
  resumed: InputId | null,
};

/** Everything a viewer must know to show one window. Full and idempotent: attaching to a session and
 * following a change are the same message. */
export type Window = {
  /** Which track shows it. */
  track: TrackId,
  /** Whether it is a window of its own or a popup of another. */
  kind: WindowKind,
  /** The window it belongs to: always for popups, sometimes for dialogs. */
  parent: TrackId | null,
  /** The title, cleaned and bounded. */
  title: string,
  /** The app's id, as in its `.desktop` file; cleaned and bounded. */
  app_id: string,
  /** The icon, if the app gave one: its content comes once, in a message of its own. */
  icon: IconId | null,
  /** Popups: relative to the parent's top left corner. Toplevels: zero, since viewers place them. */
  position: Point,
  /** The size of the window without its shadows. */
  size: Size,
  /** How many pixels one logical unit is. */
  scale: Scale,
  /** The sizes the app can have. */
  limits: SizeLimits,
  /** States the app has acknowledged. */
  states: States,
  /** The newest viewer's configure that this state answers, 0 before the first. */
  configured: number,
  /** Place in the stack, greater is nearer to the user; unique among a session's windows. */
  stacking: number,
};

/** What a drag of a window's own title bar or border does, until the button is released. */
export type WindowGrab = "move" | "resize-top" | "resize-bottom" | "resize-left" | "resize-right" | "resize-top-left" | "resize-top-right" | "resize-bottom-left" | "resize-bottom-right";

/** What kind of window it is. */
export type WindowKind = "toplevel" | "popup";
