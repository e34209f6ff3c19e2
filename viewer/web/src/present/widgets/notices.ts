/**
 * What the desk says beside windows: passing notices, banners that stay while something lasts, and words for
 * screen readers.
 */

import type { SessionNotices } from "../../page/session";
import type { SessionId } from "../../page/window-key";
import { button, make, setText } from "../widgets/dom";
import { drawSymbol, type SymbolName } from "../widgets/symbols";

/** How long a notice stays, in milliseconds. */
const TOAST_DURATION = 5_000;
/** The same where there is something to press. */
const ACTION_DURATION = 20_000;
/** The most notices at once; the oldest goes. */
const MAX_TOASTS = 3;

export interface Action {
  label: string;
  run: () => void;
}

export class Notices {
  private readonly toasts = make("div", { class: "toasts" });
  private readonly banners = make("div", { class: "banners" });
  private readonly spoken = make("div", { class: "spoken", role: "status" });
  private readonly byKey = new Map<string, HTMLElement>();

  constructor(parent: HTMLElement) {
    this.spoken.setAttribute("aria-live", "polite");
    this.toasts.setAttribute("role", "status");
    this.banners.setAttribute("role", "status");
    parent.append(this.banners, this.toasts, this.spoken);
  }

  /** What users are told of one session. `name`: put before what is told, where the page shows several. */
  of(session: SessionId, name: string | null): SessionNotices {
    const named = (text: string) => (name === null ? text : `${name}: ${text}`);
    const own = (key: string) => (session === 0 ? key : `${key}-${session}`);
    return {
      say: (text) => this.say(named(text)),
      keep: (key, text, symbol, action) => this.keep(own(key), named(text), symbol, action ?? null, key),
      clear: (key) => this.clear(own(key)),
      speak: (text) => this.speak(named(text)),
    };
  }

  /** One sentence that goes by itself, if nothing needs to be done about it. */
  say(text: string, sign: SymbolName = "warning", action: Action | null = null): void {
    const toast = make("div", { class: "toast", children: [drawSymbol(sign), make("span", { text })] });
    const close = (): void => toast.remove();
    if (action !== null) toast.append(button({ class: "banner-action", text: action.label }, action.run));
    toast.addEventListener("click", close);
    this.toasts.append(toast);
    while (this.toasts.childElementCount > MAX_TOASTS) this.toasts.firstElementChild?.remove();
    setTimeout(close, action === null ? TOAST_DURATION : ACTION_DURATION);
  }

  /** A sentence that stays until it is taken back with `clear`. It lies over windows, so nothing moves. */
  private keep(key: string, text: string, sign: SymbolName, action: Action | null, kind: string): void {
    const known = this.byKey.get(key);
    if (known !== undefined && known.dataset["text"] === text) return;
    this.clear(key);
    const banner = make("div", {
      class: `banner banner-${kind}`,
      data: { notice: key, text },
      children: [drawSymbol(sign), make("span", { text })],
    });
    if (action !== null) {
      const { label, run } = action;
      banner.append(button({ class: "banner-action", text: label }, run));
    }
    this.byKey.set(key, banner);
    this.banners.append(banner);
  }

  /** Takes a banner back; says whether it was there. */
  private clear(key: string): boolean {
    this.byKey.get(key)?.remove();
    return this.byKey.delete(key);
  }

  /** Tells screen readers only: what others see anyway. */
  speak(text: string): void {
    setText(this.spoken, text);
  }
}
