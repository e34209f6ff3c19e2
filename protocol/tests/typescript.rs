//! The browser viewer's types and lanes, `viewer/web/src/protocol/{types,lane}.ts`, are those of this crate:
//! generated, and never stale.
//!
//! After a change: `UPDATE_TYPES=1 cargo test -p dormer-protocol --features typescript --test typescript`

use std::{any::TypeId, collections::BTreeMap, env, fs, path::PathBuf};

use dormer_protocol::{
    control::{ToHost, ToViewer},
    feedback::Feedback,
    input::Input,
    lane::{Class, Direction, LANES, LaneSpec},
    update::Update,
};
use ts_rs::{Config, TS, TypeVisitor};

#[test]
fn the_types_of_the_browser_viewer_are_ours() {
    is_kept("types.ts", &generate());
}

#[test]
fn the_lanes_of_the_browser_viewer_are_ours() {
    is_kept("lane.ts", &lanes());
}

fn is_kept(name: &str, ours: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../viewer/web/src/protocol").join(name);
    if env::var_os("UPDATE_TYPES").is_some() {
        fs::write(&path, ours).expect("writes");
    }
    let kept = fs::read_to_string(&path).expect("reads");
    assert!(kept == ours, "{} is stale; the top of this test says how to write it anew", path.display());
}

/// The rows of all lanes, as far as a page needs them.
fn lanes() -> String {
    let mut file = LANES_HEAD.to_owned();
    let mut table = |head: &str, value: &dyn Fn(&LaneSpec) -> String, tail: &str| {
        file.push_str(&format!("\n{head} {{\n"));
        for spec in &LANES {
            file.push_str(&format!("  {},\n", value(spec)));
        }
        file.push_str(&format!("}}{tail};\n"));
    };
    table(
        "/** Their numbers on the wire. */\nexport const LANE =",
        &|spec| format!("{}: {}", name(spec), spec.id),
        " as const",
    );
    table(
        "/** The longest message of each, in bytes: checked before memory is taken. */\n\
         export const MAX_MESSAGE: Readonly<Record<Lane, number>> =",
        &|spec| format!("{}: {}", spec.id, spec.max_message),
        "",
    );
    table(
        "/** Whether messages may be lost: a later one stands for those before it. */\n\
         export const LOSSY: Readonly<Record<Lane, boolean>> =",
        &|spec| format!("{}: {}", spec.id, spec.class == Class::LatestWins),
        "",
    );
    table(
        "/** Whether the host sends on them. */\nexport const TO_VIEWER: Readonly<Record<Lane, boolean>> =",
        &|spec| format!("{}: {}", spec.id, spec.direction != Direction::ToHost),
        "",
    );
    file
}

fn name(spec: &LaneSpec) -> String {
    format!("{:?}", spec.lane).to_lowercase()
}

const LANES_HEAD: &str = "\
/**
 * The lanes of a link, generated from the Rust table: change nothing here, see
 * `protocol/tests/typescript.rs`.
 */

/** The number of a lane. */
export type Lane = (typeof LANE)[keyof typeof LANE];
";

/// Every type that the lanes' messages are made of, by name.
fn generate() -> String {
    let config = Config::new();
    let mut types = Types { config: &config, seen: Vec::new(), declarations: BTreeMap::new() };
    types.visit::<ToHost>();
    types.visit::<ToViewer>();
    types.visit::<Input>();
    types.visit::<Feedback>();
    types.visit::<Update>();
    let mut file = HEAD.to_owned();
    for declaration in types.declarations.values() {
        file.push('\n');
        file.push_str(&indented(declaration));
    }
    file
}

const HEAD: &str = "\
/**
 * The messages of the protocol, generated from the Rust types: change nothing here, see
 * `protocol/tests/typescript.rs`. `docs/protocol.md` explains them.
 *
 * Numbers that have 64 bits in Rust are plain numbers here, exact up to 2^53: ids count from 1 or are cut to
 * 53 bits, times are microseconds since a machine started, and `wire.ts` refuses what is larger.
 */
";

struct Types<'a> {
    config: &'a Config,
    seen: Vec<TypeId>,
    declarations: BTreeMap<String, String>,
}

impl TypeVisitor for Types<'_> {
    fn visit<T: TS + 'static + ?Sized>(&mut self) {
        let id = TypeId::of::<T>();
        if self.seen.contains(&id) {
            return;
        }
        self.seen.push(id);
        T::visit_dependencies(self);
        // Numbers, lists and options have no declaration of their own.
        if T::output_path().is_some() {
            let docs = T::docs().unwrap_or_default();
            let declaration = format!("{docs}export {}\n", T::decl_concrete(self.config));
            let other = self.declarations.insert(T::ident(self.config), declaration.clone());
            // Geometry comes once for each of its spaces, which TypeScript does not know.
            assert!(
                other.is_none_or(|it| it == declaration),
                "two types are named {}",
                T::ident(self.config)
            );
        }
    }
}

/// The same lines, set in by the depth of their braces; comments of one line in one line.
fn indented(declaration: &str) -> String {
    let mut depth = 0;
    let mut out = String::new();
    let joined = declaration.replace("/**\n * ", "/** ").replace(", }", ",\n}").replace("\n */", " */");
    for line in joined.lines().map(str::trim) {
        let code = if line.starts_with(['*', '/']) { "" } else { line };
        let closing = code.chars().take_while(|c| matches!(c, '}' | ' ')).filter(|c| *c == '}').count();
        let star = if line.starts_with('*') { " " } else { "" };
        out.push_str(&format!("{}{star}{line}\n", "  ".repeat(depth - closing)));
        depth = depth + code.matches('{').count() - code.matches('}').count();
    }
    out
}
