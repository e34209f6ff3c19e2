/**
 * Pasting by keys. The browser tells what is pasted only if it may do with the key what it always does, so
 * the key waits for that and goes to the app when the host knows what there is to paste. Keys that come
 * meanwhile wait behind it.
 */

import type { KeyInfo } from "./keyboard";
import type { Platform } from "./platform";

/** A browser that has told nothing by then will not. */
const PATIENCE = 80;

export function isPaste(info: KeyInfo, { mac }: Platform): boolean {
  if (info.composing || info.alt || info.altgr) return false;
  const letter = info.code === "KeyV" || info.key.toLowerCase() === "v";
  if (mac) return letter && info.meta && !info.ctrl;
  return (letter && info.ctrl && !info.meta) || (info.code === "Insert" && info.shift && !info.ctrl);
}

/** Whether an app is likely to own the clipboard soon. */
export function isCopy(info: KeyInfo, { mac }: Platform): boolean {
  if (info.composing || info.alt || info.altgr) return false;
  const held = mac ? info.meta : info.ctrl;
  return (
    held &&
    (/^[cx]$/i.test(info.key) || info.code === "KeyC" || info.code === "KeyX" || info.code === "Insert")
  );
}

/** The keys by which an app pastes. */
export function pasteKeys(appId: string): readonly string[] {
  if (/xterm|rxvt/i.test(appId)) return ["ShiftLeft", "Insert"];
  const terminal = /term|foot|kitty|konsole|alacritty|ptyxis|kgx|console|tilix/i.test(appId);
  return terminal ? ["ControlLeft", "ShiftLeft", "KeyV"] : ["ControlLeft", "KeyV"];
}

export class Pasting {
  private key: KeyInfo | null = null;
  private behind: (() => void)[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly press: (info: KeyInfo) => void) {}

  get waits(): boolean {
    return this.key !== null;
  }

  begin(info: KeyInfo): void {
    this.key = info;
    this.timer = setTimeout(() => this.end(), PATIENCE);
  }

  /** Does something when the key has gone. */
  then(act: () => void): void {
    this.behind.push(act);
  }

  /** What is pasted is known, or will not be. */
  end(): void {
    const { key, behind } = this;
    this.forget();
    if (key !== null) this.press(key);
    for (const act of behind) act();
  }

  forget(): void {
    clearTimeout(this.timer);
    this.key = null;
    this.behind = [];
  }
}
