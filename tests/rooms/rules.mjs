/** The borders between rooms, as ARCHITECTURE.md draws them. `check.mjs` reads this table; paths begin at the repository. */

/** Which crates of ours a crate may import, without the `dormer-` of their names. Tests and tools import what they like. */
export const CRATES = {
  media: [],
  clock: ["media"],
  memory: [],
  manual: [],
  protocol: ["media"],
  session: ["media", "protocol"],
  compositor: ["media", "clock"],
  encoder: ["media", "clock", "memory"],
  transport: ["media", "clock", "protocol"],
  viewer: ["media", "clock", "memory", "manual", "protocol", "session", "transport"],
  web: ["media", "clock", "protocol"],
  server: [
    ...["media", "clock", "memory", "manual", "protocol", "session", "compositor", "encoder"],
    ...["transport", "web"],
  ],
};

/** Crates that are free of IO, and the frameworks that they never reach, also not through others. */
export const FREE_OF_IO = {
  crates: ["media", "protocol", "session"],
  frameworks: ["tokio", "smithay", "gstreamer", "quinn", "winit", "calloop"],
};

/**
 * Rooms of the browser viewer: each may import from those that are named beside it, which stand above it in this table.
 * So there are no circles.
 */
export const WEB = {
  root: "viewer/web/src",
  rooms: {
    protocol: [],
    language: [],
    api: ["protocol"],
    "decode/canvas": ["protocol"],
    decode: ["decode/canvas", "protocol"],
    session: ["protocol"],
    "link/arq": [],
    link: ["link/arq", "api", "decode", "protocol", "session"],
    page: ["api", "link", "protocol"],
    clipboard: ["link", "page", "protocol"],
    "input/pointer": ["protocol"],
    "input/touch": ["input/pointer", "protocol"],
    "input/keyboard": ["clipboard", "link", "protocol"],
    "input/text": ["input/keyboard", "input/pointer", "protocol"],
    input: ["input/pointer", "input/touch", "input/keyboard", "input/text", "clipboard", "link", "protocol"],
    "present/style": [],
    "present/model": ["page", "protocol"],
    "present/widgets": ["page", "language", "protocol"],
    "present/window": ["present/model", "present/widgets", "language", "link", "protocol"],
    "present/popout": [
      ...["present/model", "present/widgets", "present/window"],
      ...["page", "language", "protocol"],
    ],
    "present/phone": ["present/widgets", "present/window", "input", "language", "protocol"],
    "present/desk": [
      ...["present/model", "present/widgets", "present/window", "present/popout", "present/phone"],
      ...["clipboard", "input", "language", "link", "page", "protocol"],
    ],
    "present/files": ["present/widgets", "api", "language", "protocol"],
    "present/panel": ["present/widgets", "language", "link"],
    "present/chrome": [
      ...["present/model", "present/widgets", "present/window", "present/popout", "present/phone"],
      ...["present/desk", "present/files", "present/panel", "api", "input", "language", "link", "page", "protocol"],
    ],
    "present/entry": ["page", "present/widgets", "present/panel", "api", "language", "link", "protocol"],
  },
  /** Files outside of all rooms: they join them. */
  entries: ["main.ts"],
};

/** Folders of Rust whose rooms (files and folders in them) import one way, without circles. */
export const ONE_WAY = [
  "media/src",
  "protocol/src",
  "session/src",
  "compositor/src",
  "encoder/src",
  "transport/src",
];

/** Folders of Rust that never name another one. */
export const NEVER = [
  ["session/src/host", "session/src/viewer"],
  ["session/src/viewer", "session/src/host"],
  ["compositor/src/x11", "compositor/src/wayland"],
  ["compositor/src/x11", "compositor/src/attached"],
  ["compositor/src/attached", "compositor/src/wayland"],
  ["compositor/src/wayland", "compositor/src/attached"],
];

/**
 * Folders of Rust whose state is divided into concerns: what changes itself is private to its file. The router joins
 * them; where its file is named, it has no fields but such values.
 */
export const CONCERNS = [
  { folder: "session/src/host", router: { name: "Host", file: "session/src/host/mod.rs" } },
  { folder: "session/src/viewer", router: { name: "Viewer", file: "session/src/viewer/mod.rs" } },
  { folder: "compositor/src/attached", router: { name: "Attached", file: "compositor/src/attached/mod.rs" } },
];

/** The same of the page: fields of classes are private, and a router's are values of classes of other files. */
export const WEB_CONCERNS = [
  { folder: "viewer/web/src/session", router: { name: "Viewer", file: "viewer/web/src/session/viewer.ts" } },
];

/**
 * What only some folders say, in code or in words: which source of windows there is, the compositor alone knows. What
 * its programs and packages are, a diagnosis says.
 */
export const SAID_ONLY_IN = [
  {
    what: "a source of windows",
    words: /\bXwayland\b|\bWAYLAND_(DISPLAY|SOCKET)\b|\bXAUTHORITY\b|"DISPLAY"|\b[xX]wayland\b/,
    among: ["media/src/", "protocol/src/", "session/src/", "encoder/src/", "transport/src/", "web/src/", "server/src/"],
    except: ["server/src/doctor/"],
  },
];

/** What is named only in some folders of Rust. Tests and tools use what they like. */
export const ONLY_IN = [
  { name: "tokio", folders: ["transport/", "viewer/", "server/", "web/", "tests/", "benches/", "fuzz/"] },
  { name: "smithay", folders: ["compositor/src/wayland/"] },
  { name: "gstreamer", folders: ["encoder/src/gst/"] },
];
