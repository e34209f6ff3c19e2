/**
 * Copy and paste between the apps and the user's own clipboard. Browsers guard that clipboard, each in its
 * way:
 *
 * | | writing | reading |
 * |---|---|---|
 * | Chromium | while the page has the focus | in a paste; or with the permission, once the user gave it |
 * | Firefox | some seconds after a key or a click | in a paste; else it shows a button of its own |
 * | WebKit | only called while a key or a click is handled, content may follow | the same as Firefox |
 *
 * **Out.** When an app offers something it is written at once. If the browser refuses, the next key or click
 * writes it, and until then the page shows a button. WebKit is asked with the very key that copies, before
 * the app has offered anything.
 *
 * **In.** A paste, by key or by the page's menu, brings the content: it is offered to the session before the
 * key that pastes reaches the app. Where the user gave the permission to read, it is looked at whenever the
 * page gets the focus, so that apps' own menus paste the right thing too. Permission is never asked for
 * without a gesture that wants to paste.
 *
 * **Away.** What an app clears is cleared in the browser as well, as far as it is still there. A secret (what
 * a password manager marks) goes out at a click alone: browsers can tell no history of clipboards to leave it
 * out.
 *
 * What came from an app is not offered back to it.
 */

import type { Command, Event } from "../link/vocabulary";
import {
  formatOf,
  hasNoText,
  isSecret,
  MAX_CLIPBOARD,
  offer,
  offered,
  taken,
  type Content,
  type Format,
  type Pasted,
} from "./content";
import { Remote } from "./remote";

/** What an app has copied that the browser has not let out, or that waits for the user's word. */
export type Waiting = "nothing" | "content" | "secret";

export interface ClipboardOptions {
  send(command: Command): void;
  /** The clipboard of the document that has the focus; null if none of the page's has. */
  focused(): {
    clipboard: Navigator["clipboard"] | undefined;
    permissions: Navigator["permissions"] | undefined;
  } | null;
  /** Whether an app has copied something that goes out only at a click: show a button, or hide it. */
  pending(waiting: Waiting): void;
  /** Copying is allowed only while a gesture is handled. */
  webkit: boolean;
}

/** How long a copying key may wait for the app's offer, in milliseconds. */
const COPY_PATIENCE = 1_500;

/** What went out to the browser's clipboard. */
interface Out {
  readonly text: string | null;
  readonly secret: boolean;
  /** The page was left since: something else may have been copied. */
  left: boolean;
}

/** As much of a clipboard as the input of a document uses. */
export type ClipboardInput = Pick<Clipboard, "gesture" | "focus" | "take" | "read">;

export class Clipboard {
  private readonly remote: Remote;
  /** What this side offers to the session. */
  private local: Content = new Map();
  /** The text that was seen last on either side: what is known already is not offered again. */
  private seen: string | null = null;
  /** An app's offer that the browser has not let out. */
  private waiting: Waiting = "nothing";
  /** An app's content that the browser's clipboard holds, as far as is known. */
  private out: Out | null = null;
  /** The text of the last content that was cleared: where a history brings it back, it is not offered. */
  private past: string | null = null;
  /** Whether what the app offers is a secret. */
  private secret = false;
  /** The app has cleared it: so must the browser, as soon as that is allowed. */
  private clearing = false;
  /** A copying key of WebKit waits for an offer. */
  private expecting: ((kinds: Format[]) => void) | null = null;

  constructor(private readonly options: ClipboardOptions) {
    this.remote = new Remote(options.send);
  }

  /** Give it all events of the engine; it picks its own. */
  handle(event: Event): void {
    if (event.on === "clipboard-offered") this.appOffers(event.mimes);
    else if (event.on === "clipboard-content") this.remote.answer(event.request, event.data);
    else if (event.on === "clipboard-wanted") void this.provide(event.request, event.mime);
  }

  /** Writes what waits, also a secret. To be called in a click on what says so. */
  copy(): void {
    if (this.waiting !== "nothing") void this.write(this.remote.kinds);
  }

  /** A key or button went down; `copies` if it is one that copies or cuts. */
  gesture(copies: boolean): void {
    if (this.clearing) void this.clear();
    if (copies && this.options.webkit) this.expect();
    else if (this.waiting === "content") this.copy();
  }

  /** The page got the focus: what waits can go out, and the user may have copied something elsewhere. */
  async focus(): Promise<void> {
    if (this.out !== null) this.out.left = true;
    if (this.clearing) await this.clear();
    if (this.waiting === "content" && !this.options.webkit) await this.write(this.remote.kinds);
    else if (await this.mayRead()) await this.read(true);
  }

  /** A paste event: offers what it brings. True if the session can be told to paste now. */
  take(pasted: Pasted | null): boolean {
    if (pasted === null) return false;
    const { content, text } = taken(pasted);
    return this.offerLocal(content, text);
  }

  /**
   * Reads the browser's clipboard, with the user's permission. To be called in a click or key; or `unasked`:
   * then what an app has cleared does not come back.
   */
  async read(unasked = false): Promise<boolean> {
    try {
      const items = await this.options.focused()?.clipboard?.read();
      if (items === undefined) return false;
      const { content, text } = await offered(items);
      if (unasked && this.isFromApp(text)) return false;
      return this.offerLocal(content, text);
    } catch {
      // Refused, or nothing that a page may read.
      return false;
    }
  }

  /**
   * Whether the browser's clipboard has what an app copied, as far as that can be told: browsers write
   * pictures anew.
   */
  private isFromApp(text: string): boolean {
    const { out, past } = this;
    if (out !== null && out.text === null) return hasNoText(text);
    return text !== "" && (text === past || text === out?.text);
  }

  private appOffers(mimes: string[]): void {
    this.remote.offer = mimes;
    this.local = new Map();
    this.seen = null;
    this.secret = isSecret(mimes);
    const kinds = this.remote.kinds;
    this.clearing = kinds.length === 0 && this.out !== null;
    const { expecting } = this;
    expecting?.(this.secret ? [] : kinds);
    if (kinds.length === 0) this.wait("nothing");
    else if (this.secret) this.wait("secret");
    else if (expecting === null) void this.write(kinds);
    if (this.clearing) void this.clear();
  }

  /**
   * Takes what an app cleared off the browser's clipboard, unless the user has copied something else since.
   */
  private async clear(): Promise<void> {
    const { out } = this;
    const clipboard = this.options.focused()?.clipboard;
    if (out === null || clipboard === undefined) return;
    const kept = await this.isKept(out);
    if (!this.clearing || this.out !== out) return;
    try {
      if (kept)
        await clipboard.write([new ClipboardItem({ "text/plain": new Blob([""], { type: "text/plain" }) })]);
    } catch {
      // Not now: the next key, click or focus tries again.
      return;
    }
    this.clearing = false;
    this.out = null;
    this.past = out.text;
  }

  /** Whether the browser still has what an app cleared. A secret counts as kept where nobody may look. */
  private async isKept(out: Out): Promise<boolean> {
    if (!out.left) return true;
    if (!(await this.mayRead())) return out.secret;
    try {
      const items = (await this.options.focused()?.clipboard?.read()) ?? [];
      return (await offered(items)).text === (out.text ?? "");
    } catch {
      return out.secret;
    }
  }

  /** Puts an app's content on the browser's clipboard. */
  private async write(kinds: Format[]): Promise<void> {
    const clipboard = this.options.focused()?.clipboard;
    const waiting: Waiting = this.secret ? "secret" : "content";
    if (clipboard === undefined) return this.wait(waiting);
    const parts = kinds.map((kind) => [kind, this.fetched(kind)] as const);
    await this.put(
      clipboard,
      new ClipboardItem(Object.fromEntries(parts)),
      parts.map(([, part]) => part),
    );
  }

  private async put(
    clipboard: Navigator["clipboard"],
    item: ClipboardItem,
    parts: Promise<Blob>[],
  ): Promise<void> {
    // The browser hears of a part that fails; nobody else need.
    parts.forEach((part) => part.catch(() => undefined));
    try {
      await clipboard.write([item]);
      this.out = { text: this.seen, secret: this.secret, left: false };
      // The app may have cleared it while it was on its way.
      this.clearing = this.remote.kinds.length === 0;
      this.wait("nothing");
      if (this.clearing) await this.clear();
    } catch (error) {
      const refused = error instanceof DOMException && error.name === "NotAllowedError";
      this.wait(!refused ? "nothing" : this.secret ? "secret" : "content");
    }
  }

  private async fetched(kind: Format): Promise<Blob> {
    const blob = await this.remote.fetch(kind);
    if (kind === "text/plain") this.seen = await blob.text();
    return blob;
  }

  /** WebKit: a key that copies was pressed, and the app will offer something in a moment. */
  private expect(): void {
    const clipboard = this.options.focused()?.clipboard;
    if (clipboard === undefined || this.expecting !== null) return;
    const kinds = new Promise<Format[]>((resolve, reject) => {
      const late = setTimeout(() => this.expecting?.([]), COPY_PATIENCE);
      this.expecting = (kinds) => {
        clearTimeout(late);
        this.expecting = null;
        if (kinds.length > 0) resolve(kinds);
        else reject(new Error("the app copied nothing"));
      };
    });
    const text = kinds.then(() => this.fetched("text/plain"));
    void this.put(clipboard, new ClipboardItem({ "text/plain": text }), [text]);
  }

  private wait(waiting: Waiting): void {
    if (this.waiting === waiting) return;
    this.waiting = waiting;
    this.options.pending(waiting);
  }

  private async mayRead(): Promise<boolean> {
    try {
      const name = "clipboard-read" as PermissionName;
      return (await this.options.focused()?.permissions?.query({ name }))?.state === "granted";
    } catch {
      // An engine that has no such permission.
      return false;
    }
  }

  private offerLocal(content: Content, text: string): boolean {
    if (content.size === 0) return false;
    const known = text !== "" && text === this.seen;
    if (!known) {
      this.local = content;
      this.seen = text === "" ? null : text;
      this.out = this.past = null;
      this.clearing = false;
      this.wait("nothing");
      this.options.send({ do: "offer-clipboard", mimes: offer(content) });
    }
    return true;
  }

  private async provide(request: number, mime: string): Promise<void> {
    const format = formatOf(mime);
    const part = format === undefined ? undefined : this.local.get(format);
    let data: Uint8Array | null = null;
    try {
      const blob = (await part?.()) ?? null;
      if (blob !== null && blob.size <= MAX_CLIPBOARD) data = new Uint8Array(await blob.arrayBuffer());
    } catch {
      // The browser's clipboard has changed meanwhile.
    }
    this.options.send({ do: "clipboard-content", request, data });
  }
}
