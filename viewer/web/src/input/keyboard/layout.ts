/**
 * The user's own layout, as far as it is known: browsers tell only what each key typed, and some what keys
 * type plainly.
 *
 * It begins with a guess. Whenever a key types something else than expected, another layout is taken in which
 * it is right, or this one is corrected; and the host gets the new keymap before it gets the key. What was
 * learned is kept for the next visit.
 */

import type { Command } from "../../link/vocabulary";
import { capitalised, keymapText, type Locks } from "./keymap";
import { areCases, cell, isLatin, ofLanguages, TABLES, WRITING, type Cell, type Table } from "./layouts";
import { load, save, type Store } from "./layout-store";

/** Shift counts one, AltGr two. */
export type Level = 0 | 1 | 2 | 3;

/** A key, and what it typed on the user's side. */
export interface Stroke {
  readonly code: string;
  /** One character. */
  readonly character: string;
  readonly level: Level;
  readonly caps: boolean;
}

/** How to type a character by a key. */
export interface Way {
  readonly code: string;
  readonly level: Level;
}

export interface LayoutOptions {
  send(command: Command): void;
  /** Where to keep what was learned, `localStorage`. */
  storage: Store | null;
  /** The languages that the user reads, for a first guess. */
  languages: readonly string[];
}

/**
 * A place that typed so many different characters is not understood: what it types goes as text from then on.
 */
const MAX_CHANGES = 4;

/** The keys of a keypad that have two meanings. */
const KEYPAD = /^Numpad(\d|Decimal)$/;

export class Layout {
  private table: Table;
  /** What most speakers of the user's language have. */
  private readonly likely: Table;
  /** What keys type under Caps Lock, where that is not their other case. */
  private readonly capitals = new Map<string, string>();
  private locks: Locks = { caps: false, num: true, comma: false };
  /** What keys of the present layout have typed. */
  private readonly seen = new Map<string, string>();
  private readonly changes = new Map<string, number>();
  /** Layouts that were in use, the latest first. */
  private used: Table[];
  private announced: string | null = null;
  private live = false;

  constructor(private readonly options: LayoutOptions) {
    const learned = load(options.storage);
    this.likely = ofLanguages(options.languages) ?? first();
    this.table = learned ?? this.likely;
    this.used = [this.table];
  }

  /** Asks the browser what keys type plainly; Chromium knows. */
  async ask(navigator: object): Promise<void> {
    const keyboard = (navigator as { keyboard?: { getLayoutMap?(): Promise<ReadonlyMap<string, string>> } })
      .keyboard;
    try {
      const map = await keyboard?.getLayoutMap?.();
      if (map !== undefined && map.size > 0) this.told(map);
    } catch {
      // Not allowed in an embedded page: then it is learned.
    }
  }

  /** What keys type plainly. */
  told(map: ReadonlyMap<string, string>): void {
    const told = WRITING.filter((code) => map.has(code));
    const rate = (table: Table) => told.filter((code) => agrees(table, code, map.get(code))).length;
    const best = [this.table, ...TABLES].reduce((a, b) => (rate(b) > rate(a) ? b : a));
    const wrong = told.filter((code) => !agrees(best, code, map.get(code)) && !isDead(map.get(code)));
    this.use(wrong.reduce((table, code) => corrected(table, code, 0, map.get(code) ?? ""), best));
    this.seen.clear();
    for (const code of told) this.seen.set(place(code, 0), cell(this.table, code)[0]);
    this.publish();
  }

  /** The link is up: the host may know the keymap from now on. */
  announce(): void {
    this.live = true;
    this.publish();
  }

  /**
   * A key typed a character: sees to it that it does so at the host, too. Answers false if it cannot: then
   * the character is to go as text.
   */
  expect(stroke: Stroke): boolean {
    this.locks = { ...this.locks, caps: stroke.caps };
    const right = this.typed(stroke.code)[stroke.level] === stroke.character || this.learn(stroke);
    if (right && !stroke.caps) this.seen.set(place(stroke.code, stroke.level), stroke.character);
    this.publish();
    return right;
  }

  /** A key that does not write was pressed: it may tell of AltGr, and of what the keypad is for. */
  notice(code: string, key: string, shift: boolean): void {
    if (KEYPAD.test(code)) {
      const digit = /^[\d.,]$/.test(key);
      const comma = code === "NumpadDecimal" && digit ? key === "," : this.locks.comma;
      this.locks = { ...this.locks, num: digit !== shift, comma };
    }
    if (code === "AltRight" && key === "AltGraph" && !this.table.altgr)
      this.use({ ...this.table, altgr: true });
    this.publish();
  }

  /** By which key a character is typed, if there is one. */
  way(character: string): Way | null {
    for (const level of [0, 1, 2, 3] as const) {
      for (const code of this.table.cells.keys()) {
        if (this.typed(code)[level] === character) return { code, level };
      }
    }
    return null;
  }

  /** The keymap as it is now. */
  text(): string {
    return keymapText(this.table, this.locks, (code) => this.typed(code), first());
  }

  /** Its name, with a star if it was corrected. */
  get name(): string {
    return this.table.name;
  }

  /** Whether the right Alt key is AltGr. */
  get altgr(): boolean {
    return this.table.altgr;
  }

  private typed(code: string): Cell {
    const plain = cell(this.table, code);
    if (!this.locks.caps) return plain;
    const regular = capitalised(plain);
    return [0, 1, 2, 3].map(
      (level) => this.capitals.get(place(code, level)) ?? regular[level],
    ) as unknown as Cell;
  }

  /** Takes another layout or corrects this one; answers whether the stroke is right then. */
  private learn(stroke: Stroke): boolean {
    const at = place(stroke.code, stroke.level);
    // A lock that the browser does not tell of, or an automation: the layout is right.
    if (areCases(stroke.character, cell(this.table, stroke.code)[stroke.level] ?? "", true)) return false;
    const changes = (this.changes.get(at) ?? 0) + 1;
    const other = this.better(stroke);
    if (other !== undefined) {
      this.use(other);
      return true;
    }
    if (changes > MAX_CHANGES) return false;
    this.changes.set(at, changes);
    if (this.locks.caps) this.capitals.set(at, stroke.character);
    else this.use(corrected(this.table, stroke.code, stroke.level, stroke.character));
    return true;
  }

  /**
   * A known layout in which the stroke is right, and everything that was typed since the layout changed last.
   */
  private better(stroke: Stroke): Table | undefined {
    const { code, level, character } = stroke;
    const right = (table: Table) => {
      const plain = cell(table, code);
      return (this.locks.caps ? capitalised(plain) : plain)[level] === character;
    };
    const known = this.seen.get(place(code, level));
    // The same key typed something else before, or another script: the user changed the layout.
    const changed = (known !== undefined && known !== character) || isForeign(this.table, character);
    if (changed) this.seen.clear();
    const fits = (table: Table) => [...this.seen].every(([at, seen]) => read(table, at) === seen);
    return [...this.used, this.likely, ...TABLES].find(
      (table) => table !== this.table && right(table) && fits(table),
    );
  }

  private use(table: Table): void {
    this.table = table;
    this.used = [table, ...this.used.filter((used) => used.name !== table.name)].slice(0, 4);
    save(this.options.storage, table);
  }

  private publish(): void {
    if (!this.live) return;
    const text = this.text();
    if (text === this.announced) return;
    this.announced = text;
    this.options.send({ do: "keymap", text });
  }
}

function place(code: string, level: number): string {
  return `${code}/${level}`;
}

function read(table: Table, at: string): string | undefined {
  const [code = "", level = "0"] = at.split("/");
  return cell(table, code)[Number(level)];
}

/** Whether a letter is of another script than a layout's. */
function isForeign(table: Table, character: string): boolean {
  return /\p{L}/u.test(character) && /\p{Script=Latin}/u.test(character) !== isLatin(table);
}

/** A dead key as `getLayoutMap` tells it. */
function isDead(character = ""): boolean {
  return /^[\p{M}^`´¨~]$/u.test(character);
}

function agrees(table: Table, code: string, character: string | undefined): boolean {
  const known = cell(table, code)[0];
  return known === character || (known === "" && isDead(character));
}

/** The layout but for one character; a letter has its other case with Shift, if nothing else was known. */
function corrected(table: Table, code: string, level: Level, character: string): Table {
  const types: [string, string, string, string] = [...cell(table, code)];
  types[level] = character;
  const upper = character.toUpperCase();
  if (level === 0 && upper !== character && upper.length === character.length) types[1] = upper;
  const name = table.name.endsWith("*") ? table.name : `${table.name}*`;
  return { ...table, name, cells: new Map(table.cells).set(code, types), altgr: table.altgr || level >= 2 };
}

function first(): Table {
  const [table] = TABLES;
  if (table === undefined) throw new Error("there is no layout to begin with");
  return table;
}
