/**
 * Finds imports that cross a border between crates or between rooms. `tests/borders` runs it; it prints each crossing and
 * fails if there is one.
 *
 *     cargo metadata --locked --format-version 1 | node tests/rooms/check.mjs [FOLDER]
 */

import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, posix, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

import { CONCERNS, CRATES, FREE_OF_IO, NEVER, ONE_WAY, ONLY_IN, SAID_ONLY_IN, WEB, WEB_CONCERNS } from "./rules.mjs";

/** All crossings between crates, in words; `metadata` is what `cargo metadata` says. */
export function crateCrossings(metadata, rules = { CRATES, FREE_OF_IO }) {
  const names = new Map(metadata.packages.map(({ id, name }) => [id, name]));
  const imported = new Map(
    metadata.resolve.nodes.map(({ id, deps }) => [
      names.get(id),
      deps
        .filter(({ dep_kinds }) => dep_kinds.some(({ kind }) => kind === null))
        .map(({ pkg }) => names.get(pkg)),
    ]),
  );
  return [...uninvited(imported, rules.CRATES), ...reached(imported, rules.FREE_OF_IO)];
}

function uninvited(imported, crates) {
  return Object.entries(crates).flatMap(([crate, allowed]) =>
    (imported.get(`dormer-${crate}`) ?? [])
      .filter((name) => name.startsWith("dormer-") && !allowed.includes(name.slice("dormer-".length)))
      .map((name) => `${crate}/ must not import ${name.slice("dormer-".length)}/`),
  );
}

function reached(imported, { crates, frameworks }) {
  return crates.flatMap((crate) => {
    const seen = new Set([`dormer-${crate}`]);
    for (const name of seen) for (const other of imported.get(name) ?? []) seen.add(other);
    return frameworks
      .filter((framework) => seen.has(framework))
      .map((framework) => `${crate}/ must be free of ${framework}`);
  });
}

/** All crossings between rooms in a tree of sources, in words. */
export function crossings(root, rules = { WEB, ONE_WAY, NEVER, ONLY_IN, SAID_ONLY_IN, CONCERNS, WEB_CONCERNS }) {
  const rust = files(root, ".rs");
  return [
    ...order(rules.WEB),
    ...web(root, rules.WEB),
    ...rules.ONE_WAY.flatMap((folder) => oneWay(rust, folder)),
    ...rules.NEVER.flatMap(([from, to]) => never(rust, from, to)),
    ...rules.ONLY_IN.flatMap((rule) => onlyIn(rust, rule)),
    ...rules.SAID_ONLY_IN.flatMap((rule) => saidOnlyIn(rust, rule)),
    ...rules.CONCERNS.flatMap((rule) => concerns(rust, rule)),
    ...rules.WEB_CONCERNS.flatMap((rule) => webConcerns(files(root, ".ts"), rule)),
  ];
}

/** The table itself is in order: a room imports from rooms above it. */
function order({ rooms }) {
  const names = Object.keys(rooms);
  return names.flatMap((room, at) =>
    rooms[room]
      .filter((other) => !names.slice(0, at).includes(other))
      .map((other) => `rules.mjs: ${room} may not import ${other}, which does not stand above it`),
  );
}

function web(root, { root: folder, rooms, entries }) {
  const found = [];
  for (const { path, text } of files(join(root, folder), ".ts")) {
    if (/\.(test|fixture|d)\.ts$/.test(path) || entries.includes(path)) continue;
    const room = roomOf(path, rooms);
    if (room === null) {
      found.push(`${folder}/${path} stands in no room of tests/rooms/rules.mjs`);
      continue;
    }
    for (const target of imports(path, text)) {
      const other = roomOf(target, rooms);
      if (other === room || (other !== null && rooms[room].includes(other))) continue;
      found.push(`${folder}/${path}: ${room}/ must not import ${other ?? target}`);
    }
  }
  return found;
}

/** The room of a file: the folder that holds it. */
function roomOf(path, rooms) {
  const folder = posix.dirname(path);
  return Object.hasOwn(rooms, folder) ? folder : null;
}

/** The files of ours that a module imports, also by types only. */
function imports(path, text) {
  const specifiers = [...text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*["'](\.[^"'?]*)/g)];
  return specifiers.map(([, specifier]) => {
    const target = posix.normalize(posix.join(posix.dirname(path), specifier));
    // A folder is imported by its index.
    return Object.hasOwn(WEB.rooms, target) ? `${target}/index.ts` : `${target}.ts`;
  });
}

/** Circles between the files and folders right below a folder of Rust. */
function oneWay(rust, folder) {
  const edges = new Map();
  for (const { path, text } of rust) {
    if (!path.startsWith(`${folder}/`)) continue;
    const room = firstOf(path.slice(folder.length + 1));
    if (["lib", "main", "mod"].includes(room)) continue;
    for (const target of paths(path, text)) {
      const other = below(target, folder);
      if (other === null || other === room || !isRoom(rust, folder, other)) continue;
      if (!edges.has(room)) edges.set(room, new Map());
      edges.get(room).set(other, path);
    }
  }
  const circle = circleOf(edges);
  if (circle === null) return [];
  const names = circle.map((room, at) => {
    const next = circle[(at + 1) % circle.length];
    return `${room} imports ${next} in ${edges.get(room).get(next)}`;
  });
  return [`${folder}: a circle of imports: ${names.join(", ")}`];
}

function circleOf(edges) {
  const done = new Set();
  const walk = (room, way) => {
    if (way.includes(room)) return way.slice(way.indexOf(room));
    if (done.has(room)) return null;
    for (const other of edges.get(room)?.keys() ?? []) {
      const circle = walk(other, [...way, room]);
      if (circle !== null) return circle;
    }
    done.add(room);
    return null;
  };
  for (const room of edges.keys()) {
    const circle = walk(room, []);
    if (circle !== null) return circle;
  }
  return null;
}

function never(rust, from, to) {
  const target = modules(`${to}/mod.rs`);
  return rust
    .filter(({ path }) => path.startsWith(`${from}/`) || path === `${from}.rs`)
    .filter(({ path, text }) => paths(path, text).some((one) => startsWith(one, target)))
    .map(({ path }) => `${path}: ${from}/ must not import ${to}/`);
}

function onlyIn(rust, { name, folders }) {
  const named = new RegExp(`\\b${name}::`);
  return rust
    .filter(({ path }) => !folders.some((folder) => path.startsWith(folder)))
    .filter(({ text }) => named.test(bare(text)))
    .map(({ path }) => `${path}: ${name} is named only in ${folders.join(", ")}`);
}

/** Words that a folder says whose business they are not; tests may. */
function saidOnlyIn(rust, { what, words, among, except }) {
  const begins = (path, folders) => folders.some((folder) => path.startsWith(folder));
  return rust
    .filter(({ path }) => begins(path, among) && !begins(path, except))
    .map(({ path, text }) => ({ path, said: words.exec(bare(text).split("#[cfg(test)]")[0]) }))
    .filter(({ said }) => said !== null)
    .map(({ path, said }) => `${path}: ${said[0]} is for ${what} to say`);
}

/** State that is seen outside of its file, in a folder whose state is divided into concerns. */
function concerns(rust, { folder, router }) {
  const sources = rust
    .filter(({ path }) => path.startsWith(`${folder}/`))
    .map(({ path, text }) => ({ path, text: bare(text).split("#[cfg(test)]")[0] }));
  const types = sources.flatMap(({ path, text }) => declared(path, text));
  const found = [];
  for (const { name, path, kind, isVisible, body } of types) {
    if (name === router.name) continue;
    const methods = sources.flatMap((source) => inherent(name, source));
    for (const strange of methods.filter((method) => method.path !== path)) {
      found.push(`${strange.path}: methods of ${name}, which is declared in ${path}`);
    }
    if (!methods.some(({ text }) => /\bfn\s+\w+[^({]*\(\s*&(?:'\w+\s+)?mut self\b/.test(text))) continue;
    if (kind === "enum" ? isVisible : /\bpub\b/.test(body)) {
      found.push(`${path}: ${name} changes itself, but its fields are visible outside of its file`);
    }
  }
  return [...found, ...strangeFields(types, router)];
}

/** Fields of a router that are no concern of another file. */
function strangeFields(types, { name, file }) {
  if (file === undefined) return [];
  const body = types.find((type) => type.name === name)?.body ?? "";
  const fields = [...body.matchAll(/^\s*(pub\b[^:]*?)?(\w+):\s*([^\n]+?),?$/gm)];
  const isConcern = (type) => types.some((other) => other.name === type && other.path !== file);
  return fields
    .filter(([, visible, , type]) => visible !== undefined || !isConcern(type))
    .map(([, , field]) => `${file}: ${name}.${field} is no private field with a concern of another file`);
}

/** Fields of classes that are seen outside, in a folder of the page whose state is divided into concerns. */
function webConcerns(sources, { folder, router }) {
  const inFolder = sources.filter(({ path }) => path.startsWith(`${folder}/`) && !path.endsWith(".test.ts"));
  return inFolder.flatMap(({ path, text }) =>
    classes(text).flatMap(({ name, body }) => {
      const fields = fieldsOf(body);
      const visible = fields.filter(({ words }) => !/\b(private|static)\b/.test(words));
      const isConcern = ({ words, value }) => {
        const made = /^new (\w+)\(/.exec(value)?.[1];
        return words.includes("readonly") && made !== undefined && importsFromBeside(text, made);
      };
      const isRouter = name === router.name && path === router.file;
      const strange = isRouter ? fields.filter((field) => !isConcern(field)) : [];
      return [
        ...visible.map((field) => `${path}: ${name}.${field.name} is visible outside of its file`),
        ...strange.map((field) => `${path}: ${name}.${field.name} is no value of a concern of another file`),
      ];
    }),
  );
}

/** The classes of a TypeScript file, as prettier writes them. */
function classes(text) {
  const found = [...text.matchAll(/^(?:export )?(?:abstract )?class (\w+)[^{]*\{\n([^]*?)^\}/gm)];
  return found.map(([, name, body]) => ({ name, body }));
}

/** The fields of a class, also those that its constructor's parameters declare. */
function fieldsOf(body) {
  const own = body.matchAll(/^ {2}((?:[a-z]+ )*)(#?\w+)[!?]?(?:: [^;=]+)?(?:;| = ([^]*?);)$/gm);
  const parameters = body.matchAll(/((?:\b(?:private|protected|public|readonly) )+)(\w+): /g);
  const isField = ({ words }) => !/\b(get|set|async)\b/.test(words);
  const all = [...own, ...parameters].map(([, words, name, value = ""]) => ({ words, name, value }));
  const byName = new Map(all.filter(isField).map((field) => [field.name, field]));
  return [...byName.values()];
}

/** Whether a file of the page imports a name from a file beside it. */
function importsFromBeside(text, name) {
  const found = [...text.matchAll(/^import (?!type)\{([^}]*)\} from "\.\/\w+";$/gm)];
  return found.some(([, names]) => names.split(",").some((one) => one.trim() === name));
}

/** The structs and enums of a file. */
function declared(path, text) {
  const pattern = /^(pub\b(?:\([^)]*\))?\s+)?(struct|enum)\s+(\w+)[^{(;]*([{(;])/gm;
  return [...text.matchAll(pattern)].map(({ 0: head, 1: visible, 2: kind, 3: name, 4: open, index }) => ({
    ...{ path, kind, name, isVisible: visible !== undefined },
    body: open === ";" ? "" : block(text.slice(index + head.length)),
  }));
}

/** The methods that a file gives to a type, outside of traits. */
function inherent(name, { path, text }) {
  const pattern = new RegExp(`^impl(?:<[^>]*>)?\\s+${name}(?:<[^>]*>)?\\s*\\{`, "gm");
  return [...text.matchAll(pattern)].map(({ 0: head, index }) => ({
    path,
    text: block(text.slice(index + head.length)),
  }));
}

/** What stands before the bracket that closes. */
function block(text) {
  let depth = 1;
  for (let at = 0; at < text.length; at++) {
    if ("{(".includes(text[at])) depth += 1;
    else if ("})".includes(text[at]) && --depth === 0) return text.slice(0, at);
  }
  return text;
}

/** The modules that a Rust file names, as absolute paths that begin with the crate's folder. */
function paths(path, text) {
  const own = modules(path);
  const found = [];
  for (const match of bare(text).matchAll(/\b(crate|(?:super::)*super)::/g)) {
    const ups = match[1] === "crate" ? own.length - 1 : match[1].split("::").length;
    const start = own.slice(0, Math.max(1, own.length - ups));
    const rest = match.input.slice(match.index + match[0].length);
    for (const tree of useTrees(rest)) found.push([...start, ...tree]);
  }
  return found;
}

/** `a::{b::C, d}` as `[[a, b, C], [a, d]]`. */
function useTrees(text) {
  const name = /^\s*([A-Za-z_]\w*|\*)/.exec(text);
  if (name !== null) {
    const rest = text.slice(name[0].length);
    if (!rest.startsWith("::")) return [[name[1]]];
    const trees = useTrees(rest.slice(2));
    return trees.length === 0 ? [[name[1]]] : trees.map((tree) => [name[1], ...tree]);
  }
  const brace = /^\s*\{/.exec(text);
  if (brace === null) return [];
  return branches(text.slice(brace[0].length)).flatMap(useTrees);
}

/** The parts between commas, up to the brace that closes. */
function branches(text) {
  const parts = [];
  let depth = 0;
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === "{") depth += 1;
    else if (text[at] === "}" && depth-- === 0) return [...parts, text.slice(from, at)];
    else if (text[at] === "," && depth === 0) {
      parts.push(text.slice(from, at));
      from = at + 1;
    }
  }
  return parts;
}

/** The module that a file is: `[crate, a, b]` for `crate/src/a/b.rs`. */
function modules(path) {
  const [crate, inner] = path.split("/src/");
  const names = (inner ?? "").replace(/\.rs$/, "").split("/");
  if (["mod", "lib", "main"].includes(names.at(-1))) names.pop();
  return [crate, ...names];
}

function below(path, folder) {
  const above = modules(`${folder}/mod.rs`.replace("/src/mod.rs", "/src/lib.rs"));
  return startsWith(path, above) ? (path[above.length] ?? null) : null;
}

function isRoom(rust, folder, name) {
  return rust.some(({ path }) => path === `${folder}/${name}.rs` || path.startsWith(`${folder}/${name}/`));
}

function startsWith(path, beginning) {
  return beginning.every((name, at) => path[at] === name);
}

function firstOf(path) {
  return path.split("/")[0].replace(/\.rs$/, "");
}

/** Rust without its comments: they may name anything. */
function bare(text) {
  return text.replace(/\/\/[^\n]*/g, "");
}

const SKIPPED = new Set(["node_modules", "target", "dist", ".git"]);

function files(root, ending, folder = root) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return SKIPPED.has(entry.name) ? [] : files(root, ending, path);
    if (!entry.name.endsWith(ending)) return [];
    return [{ path: relative(root, path).split(sep).join("/"), text: readFileSync(path, "utf8") }];
  });
}

const here = fileURLToPath(import.meta.url);
if (process.argv[1] !== undefined && statSync(process.argv[1]).ino === statSync(here).ino) {
  const metadata = JSON.parse(readFileSync(0, "utf8"));
  const found = [...crateCrossings(metadata), ...crossings(process.argv[2] ?? join(dirname(here), "../.."))];
  for (const crossing of found) console.error(`borders: ${crossing} (ARCHITECTURE.md)`);
  process.exit(found.length === 0 ? 0 : 1);
}
