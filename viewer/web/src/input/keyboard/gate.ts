/**
 * The one way of keys into the page: every key event of its documents comes by here first, and goes to one
 * receiver, an app or the page.
 *
 * Invariants:
 * - Who got a key's press gets its repeats and its release. Where the focus has moved meanwhile, nobody gets
 *   the repeats.
 * - A key that the page acted on writes nothing into an app, also where the focus came to the field while it
 *   was pressed.
 * - What an app was made to let go of is not repeated there.
 */

import { place } from "./codes";

/** An app, or an element of the page. */
export type Receiver = "app" | "page";

/**
 * Who has a key that is down: also the desk with its shortcuts, or nobody any more, since the app was made to
 * let go of it.
 */
type Owner = Receiver | "desk" | "nobody";

/** Who has which key, by place. It knows no events. */
export class Ownership {
  private readonly owners = new Map<string, Owner>();
  /** The newest key that is down. */
  private newest: { code: string; owner: Owner } | null = null;

  /** A key went down, or repeats, while `at` has the focus. Answers who gets that. */
  press(code: string, at: Receiver, repeat: boolean): Receiver | null {
    if (repeat && this.owners.get(code) !== at) return null;
    this.give(code, at);
    return at;
  }

  /**
   * A key went up while `at` has the focus. Answers who gets that. An app's keyboard knows itself what it
   * holds, and may have pressed again what it had let go of.
   */
  release(code: string, at: Receiver): Receiver | null {
    const owner = this.owners.get(code) ?? "nobody";
    this.owners.delete(code);
    if (this.newest?.code === code) this.newest = null;
    if (owner === "nobody") return at === "app" ? at : null;
    return owner === "desk" || owner !== at ? null : owner;
  }

  /** The desk has a key, whoever had it. */
  keep(code: string): void {
    this.give(code, "desk");
  }

  /** Whether the desk has a key. */
  keeps(code: string): boolean {
    return this.owners.get(code) === "desk";
  }

  /** The app was made to let go of everything. */
  letGo(): void {
    for (const [code, owner] of this.owners) if (owner === "app") this.owners.set(code, "nobody");
  }

  /** Nobody sees the user's hands any more: what goes up now is not heard of. */
  forget(): void {
    this.owners.clear();
    this.newest = null;
  }

  /** Whether text that comes now may be an app's: the newest key that is down is. */
  get writes(): boolean {
    return this.newest === null || this.newest.owner === "app";
  }

  private give(code: string, owner: Owner): void {
    this.owners.set(code, owner);
    this.newest = { code, owner };
  }
}

/** What an app's keyboard in one document does with the keys that are its. */
export interface AppKeys {
  /** The field that has the DOM's focus while an app has the keyboard. */
  readonly field: HTMLElement;
  down(event: KeyboardEvent): void;
  up(event: KeyboardEvent): void;
  /** Lets go of everything that is held down. */
  letGo(): void;
}

/** Takes a key of the page before all others, and says whether it did. */
export type Taker = (event: KeyboardEvent) => boolean;

export class Gate {
  private readonly keys = new Ownership();
  private readonly takers: Taker[] = [];
  private readonly hearers = new Set<(event: KeyboardEvent) => void>();
  /** When an app got a key last, in milliseconds since 1970; null if none did. */
  typedAt: number | null = null;

  /** `keeps`: whether a key press is a shortcut of the page, which acts on it there. */
  constructor(private readonly keeps: Taker) {}

  /** Listens in a document until the signal ends it. */
  listen(owner: Document, app: AppKeys, signal: AbortSignal): void {
    const options = { signal, capture: true };
    owner.addEventListener("keydown", (event) => this.down(event, app), options);
    owner.addEventListener("keyup", (event) => this.up(event, app), options);
    for (const type of ["pagehide", "blur"])
      owner.defaultView?.addEventListener(type, () => this.keys.forget(), { signal });
  }

  /**
   * Until the answer is called, this is asked of every key that goes down, before shortcuts; the newest
   * first.
   */
  take(taker: Taker): () => void {
    this.takers.unshift(taker);
    return () => {
      const at = this.takers.indexOf(taker);
      if (at >= 0) this.takers.splice(at, 1);
    };
  }

  /** Until the answer is called, this hears of every key that goes up, whoever gets it. */
  hear(hearer: (event: KeyboardEvent) => void): () => void {
    this.hearers.add(hearer);
    return () => this.hearers.delete(hearer);
  }

  /** An app's keyboard has let go of everything. */
  letGo(): void {
    this.keys.letGo();
  }

  /** Whether text that comes into the field now may be an app's. */
  get writes(): boolean {
    return this.keys.writes;
  }

  private down(event: KeyboardEvent, app: AppKeys): void {
    const code = place(event);
    const at: Receiver = event.target === app.field ? "app" : "page";
    // An input method's keys are no shortcuts, and what it repeats is its own.
    const composing = event.isComposing || event.keyCode === 229;
    const own = !event.repeat || this.keys.keeps(code);
    if (own && !composing && (this.takers.some((take) => take(event)) || this.keeps(event))) {
      if (at === "app") app.letGo();
      this.keys.keep(code);
      return swallow(event);
    }
    const to = this.keys.press(code, at, event.repeat && !composing);
    if (to === null) return swallow(event);
    if (to === "page") return;
    this.typedAt = Date.now();
    app.down(event);
  }

  private up(event: KeyboardEvent, app: AppKeys): void {
    const at: Receiver = event.target === app.field ? "app" : "page";
    for (const hear of this.hearers) hear(event);
    const to = this.keys.release(place(event), at);
    if (to === "app") app.up(event);
    else if (to === null) swallow(event);
  }
}

function swallow(event: KeyboardEvent): void {
  event.preventDefault();
  event.stopPropagation();
}
