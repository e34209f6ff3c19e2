/**
 * Keys by place. Browsers tell of keys with quirks of their own; what leaves here is a press for every press
 * and a release for every press, as from a keyboard that is plugged into the host.
 *
 * Repeats mean nothing: apps repeat on their own. Keys with which an input method composes are none: their
 * text comes by `text.ts`.
 */

import type { InputEvent } from "../../protocol/types";
import { evdev, place } from "./codes";
import type { Layout, Level } from "./layout";
import { isWritten, WRITING } from "./layouts";
import type { Platform } from "./platform";
import { Sticky } from "./sticky";

/** What a `KeyboardEvent` says. */
export interface KeyInfo {
  readonly code: string;
  readonly key: string;
  readonly repeat: boolean;
  /** An input method has it. */
  readonly composing: boolean;
  readonly shift: boolean;
  readonly ctrl: boolean;
  readonly alt: boolean;
  readonly meta: boolean;
  readonly altgr: boolean;
  readonly caps: boolean;
}

export function keyInfo(event: KeyboardEvent): KeyInfo {
  return {
    code: place(event),
    key: event.key,
    repeat: event.repeat,
    // 229 is what engines agree on for keys of input methods.
    composing: event.isComposing || event.keyCode === 229 || event.key === "Process",
    shift: event.shiftKey,
    ctrl: event.ctrlKey,
    alt: event.altKey,
    meta: event.metaKey,
    altgr: event.getModifierState("AltGraph"),
    caps: event.getModifierState("CapsLock"),
  };
}

export interface KeyboardOptions {
  emit(event: InputEvent): void;
  layout: Layout;
  platform: Platform;
  /** What the left Cmd key of a Mac is. */
  command?: "control" | "super";
  /** What Option and a letter are on a Mac. `auto`: ASCII is meant to be typed, all else means Alt. */
  option?: "auto" | "characters" | "alt";
}

/** Modifiers and what an event says of them. */
const FAMILIES = [
  { keys: ["ShiftLeft", "ShiftRight"], held: (info: KeyInfo) => info.shift },
  { keys: ["ControlLeft", "ControlRight"], held: (info: KeyInfo) => info.ctrl },
  { keys: ["AltLeft", "AltRight"], held: (info: KeyInfo) => info.alt || info.altgr },
  { keys: ["MetaLeft", "MetaRight"], held: (info: KeyInfo) => info.meta },
] as const;
const MODIFIERS: readonly string[] = FAMILIES.flatMap(({ keys }) => keys);

/** Keys whose release some engines do not tell. */
const TAPPED = ["Lang1", "Lang2", "Lang3", "Lang4", "Lang5", "KanaMode", "Eject"];

export class Keyboard {
  readonly sticky = new Sticky((code, pressed) => this.emit(code, pressed));
  /** What is down, by place; false if it was typed as text. */
  private readonly down = new Map<string, boolean>();
  /**
   * A modifier that waits for what it is for: Option on a Mac, and on Windows the Ctrl that may belong to
   * AltGr.
   */
  private waiting: { code: string; used: boolean } | null = null;
  /** A dead key was pressed: the browser puts it together with the next. */
  private dead = false;

  constructor(private readonly options: KeyboardOptions) {}

  /** A key went down. Answers whether it was taken; if not, the browser does with it what it does. */
  press(info: KeyInfo): boolean {
    if (info.composing) return false;
    const { code, key } = info;
    if (key === "Dead" || key === "Compose") {
      this.dead = true;
      return false;
    }
    if (MODIFIERS.includes(code)) return this.modifier(info);
    if (this.dead && isWritten(key)) {
      this.dead = false;
      return false;
    }
    this.dead = false;
    if (evdev(code) === undefined) return false;
    if (info.repeat && !this.untold(info)) return this.repeated(info);
    this.reconcile(info);
    if (this.typesByOption(info) || !this.expected(info)) this.typed(info);
    else this.strike(info);
    return true;
  }

  /** A key went up. Answers whether it was ours. */
  release(info: KeyInfo): boolean {
    const { code } = info;
    if (this.waiting?.code === code) {
      if (this.waiting.used) this.waiting = null;
      else this.flush();
    }
    const sent = this.down.get(code);
    this.down.delete(code);
    if (sent === true) this.lift(code);
    // Windows tells only that it went up.
    else if (sent === undefined && code === "PrintScreen" && !info.composing) this.tap(code);
    return sent !== undefined;
  }

  /** Forgets what is down: it was released at the host. */
  clear(): void {
    this.down.clear();
    this.waiting = null;
    this.dead = false;
    this.sticky.clear();
  }

  /** Whether a key is held down. */
  holds(code: string): boolean {
    return this.down.has(code) || this.waiting?.code === code;
  }

  /** Sends what waits: it is about to be needed, with a button or a wheel. */
  flush(): void {
    if (this.waiting === null) return;
    const { code } = this.waiting;
    this.waiting = null;
    this.down.set(code, true);
    this.emit(code, true);
  }

  /** Presses and releases a key. */
  tap(code: string): void {
    this.sticky.before();
    this.emit(code, true);
    this.emit(code, false);
    this.sticky.after();
  }

  /** Presses keys in this order, and releases them. */
  chord(codes: readonly string[]): void {
    for (const code of codes) this.emit(code, true);
    for (const code of [...codes].reverse()) this.emit(code, false);
  }

  /** Types a text that came from no key; with modifiers of the key bar by keys, as far as there are such. */
  type(text: string): void {
    const way = this.sticky.any && isWritten(text) ? this.options.layout.way(text.toLowerCase()) : null;
    this.sticky.before();
    if (way !== null) this.chord([...held(way.level), way.code]);
    else for (const part of text.match(/[^]{1,1024}/gu) ?? []) this.options.emit({ Text: { text: part } });
    this.sticky.after();
  }

  private modifier(info: KeyInfo): boolean {
    const { code } = info;
    if (info.repeat || this.down.has(code)) return true;
    const { mac, windows } = this.options.platform;
    // The Ctrl that Windows presses with AltGr was never meant.
    if (code === "AltRight" && info.key === "AltGraph" && this.waiting?.code === "ControlLeft")
      this.waiting = null;
    this.flush();
    this.options.layout.notice(code, info.key, info.shift);
    if ((mac && code.startsWith("Alt")) || (windows && code === "ControlLeft")) {
      this.waiting = { code, used: false };
      return true;
    }
    this.down.set(code, true);
    this.emit(code, true);
    return true;
  }

  /** What was pressed or released while nobody told us. */
  private reconcile(info: KeyInfo): void {
    for (const { keys, held } of FAMILIES) {
      const ours = keys.filter((code) => this.down.has(code));
      if (!held(info)) {
        for (const code of ours) {
          this.down.delete(code);
          this.emit(code, false);
        }
        if (this.waiting !== null && (keys as readonly string[]).includes(this.waiting.code))
          this.waiting = null;
      } else if (ours.length === 0 && this.waiting === null && !(info.altgr && keys[0] === "ControlLeft")) {
        const code = info.altgr && keys[0] === "AltLeft" ? "AltRight" : keys[0];
        if (this.options.platform.mac && keys[0] === "AltLeft") this.waiting = { code, used: false };
        else this.modifier({ ...info, code, key: code === "AltRight" ? "AltGraph" : "", repeat: false });
      }
    }
  }

  /** Whether Option makes a character of this key on a Mac, instead of being Alt. */
  private typesByOption(info: KeyInfo): boolean {
    const { platform, option = "auto" } = this.options;
    if (!platform.mac || !info.alt || !isWritten(info.key)) return false;
    const characters = option === "characters" || (option === "auto" && /^[!-~€]$/.test(info.key));
    const plain = this.options.layout.way(info.key);
    const changed = plain === null || plain.code !== info.code || plain.level > 1;
    return characters && changed && !info.ctrl && !info.meta;
  }

  /** Whether the key does at the host what it did here. */
  private expected(info: KeyInfo): boolean {
    const { code, key: character } = info;
    const { layout } = this.options;
    if (code !== "Space" && !WRITING.includes(code)) {
      layout.notice(code, character, info.shift);
      // Some keys give more than one character, in Arabic for instance.
      return true;
    }
    if (!isWritten(character)) return /^[ -~]*$/.test(character);
    const altgr = info.altgr || (layout.altgr && this.down.has("AltRight"));
    const shortcut = info.ctrl || info.meta || (info.alt && !altgr);
    // With modifiers browsers tell other things than letters differently.
    const told = !shortcut || (!info.alt && /\p{L}/u.test(character));
    const level = ((info.shift ? 1 : 0) + (altgr ? 2 : 0)) as Level;
    return !told || layout.expect({ code, character, level, caps: info.caps }) || shortcut;
  }

  /** Types what the key typed here, without the modifiers that made it. */
  private typed(info: KeyInfo): void {
    if (this.waiting !== null) this.waiting.used = true;
    this.down.set(info.code, false);
    this.options.emit({ Text: { text: info.key } });
  }

  private strike(info: KeyInfo): void {
    const { code } = info;
    this.flush();
    if (this.untold(info)) {
      this.tap(code);
      return;
    }
    if (this.down.has(code)) return;
    this.down.set(code, true);
    this.sticky.before();
    this.emit(code, true);
  }

  private lift(code: string): void {
    this.emit(code, false);
    if (!MODIFIERS.includes(code)) this.sticky.after();
  }

  private repeated(info: KeyInfo): boolean {
    if (this.down.get(info.code) === false) this.options.emit({ Text: { text: info.key } });
    return true;
  }

  /** Whether nobody will tell that this key goes up: on a Mac, none does while Cmd is held. */
  private untold(info: KeyInfo): boolean {
    const { mac } = this.options.platform;
    return TAPPED.includes(info.code) || (mac && (info.meta || info.code === "CapsLock"));
  }

  private emit(code: string, pressed: boolean): void {
    const { platform, command = "control" } = this.options;
    const asControl = platform.mac && command === "control" && code === "MetaLeft";
    const key = evdev(asControl ? "ControlLeft" : code);
    if (key !== undefined) this.options.emit({ Key: { key, pressed } });
  }
}

/** What must be held for a level. */
function held(level: Level): string[] {
  return [...((level & 1) === 1 ? ["ShiftLeft"] : []), ...((level & 2) === 2 ? ["AltRight"] : [])];
}
