/** A planted crossing is found, and what stands beside it is not. */

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";

import { crateCrossings, crossings } from "./check.mjs";

/** Crossings in a tree of these files. */
function planted(sources) {
  const root = mkdtempSync(join(tmpdir(), "rooms-"));
  try {
    const all = { "viewer/web/src/protocol/types.ts": "", ...sources };
    for (const [path, text] of Object.entries(all)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    return crossings(root);
  } finally {
    rmSync(root, { recursive: true });
  }
}

const web = (path, text) => ({ [`viewer/web/src/${path}`]: text });

test("a room of the page imports what stands below it", () => {
  assert.deepEqual(planted(web("present/desk/a.ts", 'import { b } from "../window/b";')), []);
  assert.deepEqual(planted(web("present/phone/a.ts", 'import { Zoom } from "../../input";')), []);
  assert.deepEqual(planted(web("protocol/a.test.ts", 'import { b } from "../link/b";')), []);
});

test("a room of the page that imports upwards is found, also for types and in a call", () => {
  for (const text of [
    'import { Desk } from "../desk/desk";',
    'import type { Desk } from "../desk/desk";',
    'export * from "../desk/desk";',
    'const desk = import("../desk/desk");',
    'import { Shell } from "../../main";',
  ]) {
    assert.equal(planted(web("present/window/a.ts", text)).length, 1, text);
  }
  assert.equal(planted(web("protocol/a.ts", 'import { LANE } from "../link/link";')).length, 1);
  assert.equal(planted(web("input/pointer/a.ts", 'import { Input } from "..";')).length, 1);
});

test("a file without a room is found", () => {
  assert.equal(planted(web("present/misc/a.ts", "")).length, 1);
  assert.equal(planted(web("stray.ts", "")).length, 1);
});

test("the host's core and the viewer's do not name each other", () => {
  const shared = { "session/src/held.rs": "", "session/src/viewer/mod.rs": "use crate::held::Held;" };
  assert.deepEqual(planted({ ...shared, "session/src/host/mod.rs": "use crate::held::Held;" }), []);
  for (const text of [
    "use crate::viewer::Viewer;",
    "use crate::{held::Held, viewer::{Action, Viewer}};",
    "use super::viewer::Viewer;",
    "fn f(v: &crate::viewer::Viewer) {}",
  ]) {
    const found = planted({ ...shared, "session/src/host/mod.rs": text });
    assert.ok(
      found.some((crossing) => crossing.includes("session/src/host/ must not")),
      text,
    );
  }
  assert.equal(
    planted({ ...shared, "session/src/host/a.rs": "use super::super::viewer::Viewer;" }).length,
    1,
  );
});

test("the X11 library names neither what shows its windows nor Smithay", () => {
  const shared = { "compositor/src/text.rs": "", "compositor/src/wayland/mod.rs": "use crate::x11::Manager;" };
  assert.deepEqual(planted({ ...shared, "compositor/src/x11/mod.rs": "use crate::text::clean;" }), []);
  for (const text of [
    "use crate::wayland::State;",
    "use crate::{text, wayland::State};",
    "use super::super::wayland::State;",
    "impl From<smithay::wayland::selection::SelectionTarget> for Kind {}",
  ]) {
    const found = planted({ ...shared, "compositor/src/x11/selection.rs": text });
    assert.ok(
      found.some((crossing) => crossing.startsWith("compositor/src/x11/selection.rs")),
      text,
    );
  }
});

test("state that is seen outside of its concern is found", () => {
  const host = (seat, more = "") => ({
    "session/src/host/mod.rs": `pub struct Host {\n    seat: Seat,\n${more}}\nimpl Host { fn f(&mut self) {} }`,
    "session/src/host/seat.rs": seat,
    "session/src/host/turns.rs": "impl Host { pub(super) fn g(&mut self) {} }",
  });
  const method = "impl Seat {\n    pub(crate) fn take(&mut self) {}\n}";
  const seat = `pub(crate) struct Seat {\n    held: Vec<(u32, Key)>,\n}\n${method}`;
  assert.deepEqual(planted(host(seat)), []);
  // What only tells may be read by everybody, and tests of a file look into it.
  const tells = "pub(crate) struct Seat {\n    pub(crate) at: u64,\n}\nimpl Seat { fn at(&self) -> u64 { 0 } }";
  assert.deepEqual(planted(host(tells)), []);
  assert.deepEqual(planted(host(`${seat}\n#[cfg(test)]\nstruct World { pub seat: Seat }`)), []);
  for (const visible of [
    seat.replace("held", "pub(crate) held"),
    seat.replace("held", "pub(super) held"),
    seat.replace("held", "newest: u32,\n    pub held"),
    `pub(crate) struct Seat(pub(crate) u32);\n${method}`,
    `pub(crate) enum Seat {\n    Free,\n    Held { by: u32 },\n}\n${method}`,
    `pub(crate) struct Seat<T> {\n    pub(crate) held: T,\n}\nimpl<T> Seat<T> {\n    fn take(\n        &mut self,\n    ) {}\n}`,
  ]) {
    assert.equal(planted(host(visible)).length, 1, visible);
  }
  assert.equal(planted(host(seat, "    focus: Option<u32>,\n")).length, 1);
  assert.equal(planted(host(seat, "    pub(crate) other: Seat,\n")).length, 1);
  const strange = { ...host(seat), "session/src/host/input.rs": "impl Seat {\n    fn free(&mut self) {}\n}" };
  assert.match(planted(strange)[0], /input.rs: methods of Seat/);
});

test("the viewer's router has no state beside its concerns, as the host's", () => {
  const viewer = (fields) => ({
    "session/src/viewer/mod.rs": `pub struct Viewer {\n${fields}}\nimpl Viewer { fn f(&mut self) {} }`,
    "session/src/viewer/link.rs": "pub(crate) struct Link {\n    is_live: bool,\n}\nimpl Link { fn lost(&mut self) {} }",
    "session/src/viewer/action.rs": "pub struct Config {\n    pub agent: String,\n}\npub enum State {\n    Live,\n}",
  });
  assert.deepEqual(planted(viewer("    config: Config,\n    link: Link,\n")), []);
  for (const field of ["seat: bool", "focus: Option<TrackId>", "actions: VecDeque<Action>", "pub link: Link"]) {
    assert.equal(planted(viewer(`    config: Config,\n    ${field},\n`)).length, 1, field);
  }
});

test("state of the page's core that is seen outside of its concern is found", () => {
  const beside = 'import { Link } from "./link";\nimport { type Seat, Wants } from "./wants";\n';
  const core = (fields, link = "  private readonly state = new Map<number, string>();\n") => ({
    ...web("session/viewer.ts", `${beside}export class Viewer {\n${fields}\n  f(): void {\n    g();\n  }\n}\n`),
    ...web("session/link.ts", `export class Link {\n${link}\n  get at(): number {\n    return 1;\n  }\n}\n`),
    ...web("session/wants.ts", "export interface Wants {\n  lock: number;\n}\n"),
  });
  const router = "  private readonly link = new Link();\n  private readonly wants = new Wants(\n    this.link,\n  );\n";
  assert.deepEqual(planted(core(router)), []);
  for (const field of [
    "private seat = false;",
    "private focus: number | null = null;",
    "private readonly actions: Action[] = [];",
    "private readonly seen = new Map<number, number>();",
    "private readonly seat = new Seat();",
    "readonly wants = new Wants(this.link);",
  ]) {
    assert.equal(planted(core(`  private readonly link = new Link();\n  ${field}\n`)).length, 1, field);
  }
  for (const visible of [
    "  state = 1;\n",
    "  readonly state = new Map<number, string>();\n",
    "  state?: Map<number, string>;\n",
    "  constructor(readonly state: Out) {}\n",
    "  protected state = {\n    a: 1,\n  };\n",
  ]) {
    assert.equal(planted(core(router, visible)).length, 1, visible);
  }
});

test("a circle between rooms of a crate is found, and comments draw none", () => {
  const one = {
    "encoder/src/pool.rs": "use crate::shown::Shown;",
    "encoder/src/lib.rs": "use crate::pool::Pool;",
  };
  assert.deepEqual(planted({ ...one, "encoder/src/shown.rs": "// crate::pool::Pool\nuse crate::tile;" }), []);
  const circle = planted({ ...one, "encoder/src/shown/mod.rs": "use super::{pool::Pool};" });
  assert.equal(circle.length, 1);
  assert.match(circle[0], /pool imports shown in .*shown imports pool in/);
});

test("frameworks are named only in their folders", () => {
  assert.deepEqual(planted({ "compositor/src/wayland/mod.rs": "use smithay::wayland;" }), []);
  assert.equal(planted({ "compositor/src/x11/mod.rs": "use smithay::wayland;" }).length, 1);
  assert.equal(planted({ "session/src/clock.rs": "tokio::time::sleep(d)" }).length, 1);
  assert.deepEqual(planted({ "transport/src/quic/mod.rs": "use tokio::net::UdpSocket;" }), []);
});

test("which source of windows there is, the compositor alone says", () => {
  const said = (path, text) => planted({ [path]: text });
  for (const text of ['command.env("DISPLAY", x)', 'const S: &str = "Xwayland";', "settings.xwayland = config.x11;"]) {
    assert.equal(said("server/src/apps.rs", text).length, 1, text);
    assert.deepEqual(said("compositor/src/ready.rs", text), []);
    assert.deepEqual(said("server/src/doctor/mod.rs", text), []);
    assert.deepEqual(said("server/src/apps.rs", `// ${text}\n#[cfg(test)]\nmod tests { fn f() { ${text} } }`), []);
  }
  assert.equal(said("session/src/host/mod.rs", 'env::var("WAYLAND_DISPLAY")').length, 1);
  assert.deepEqual(said("server/src/paths.rs", "path.display()"), []);
});

test("crates import what they may, and the core reaches no framework", () => {
  const all = { "dormer-media": [], "dormer-session": ["dormer-media", "slab"], slab: [], tokio: [] };
  assert.deepEqual(crateCrossings(graph(all)), []);
  const upwards = graph({ ...all, "dormer-media": ["dormer-session"] });
  assert.deepEqual(crateCrossings(upwards), ["media/ must not import session/"]);
  const hidden = graph({ ...all, slab: ["tokio"] });
  assert.deepEqual(crateCrossings(hidden), ["session/ must be free of tokio"]);
});

/** What cargo says of crates that import each other so. */
function graph(imports) {
  const kinds = [{ kind: null }];
  return {
    packages: Object.keys(imports).map((name) => ({ id: name, name })),
    resolve: {
      nodes: Object.entries(imports).map(([id, names]) => ({
        id,
        deps: names.map((pkg) => ({ pkg, dep_kinds: kinds })),
      })),
    },
  };
}

test("the table is in order", () => {
  const rules = { ONE_WAY: [], NEVER: [], ONLY_IN: [], SAID_ONLY_IN: [], CONCERNS: [], WEB_CONCERNS: [] };
  const WEB = { root: "", rooms: { low: ["high"], high: [] }, entries: [] };
  const root = mkdtempSync(join(tmpdir(), "rooms-"));
  assert.equal(crossings(root, { ...rules, WEB }).length, 1);
  rmSync(root, { recursive: true });
});
