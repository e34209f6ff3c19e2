/**
 * Copy and paste between the apps and the user's own clipboard. Browsers guard that clipboard, each in its way:
 *
 * | | writing | reading |
 * |---|---|---|
 * | Chromium | while the page has the focus | in a paste; or with the permission, once the user gave it |
 * | Firefox | some seconds after a key or a click | in a paste; else it shows a button of its own |
 * | WebKit | only called while a key or a click is handled, content may follow | the same as Firefox |
 *
 * **Out.** When an app offers something it is written at once. If the browser refuses, the next key or click writes it, and until
 * then the page shows a button. WebKit is asked with the very key that copies, before the app has offered anything.
 *
 * **In.** A paste, by key or by the page's menu, brings the content: it is offered to the session before the key that pastes
 * reaches the app. Where the user gave the permission to read, it is looked at whenever the page gets the focus, so that
 * apps' own menus paste the right thing too. Permission is never asked for without a gesture that wants to paste.
 *
 * What came from an app is not offered back to it.
 */

import type { Command, Event } from "../link/vocabulary";
import {
  formatOf,
  MAX_CLIPBOARD,
  offer,
  offered,
  taken,
  type Content,
  type Format,
  type Pasted,
} from "./content";
import { Remote } from "./remote";

export interface ClipboardOptions {
  send(command: Command): void;
  /** The clipboard of the document that has the focus; null if none of the page's has. */
  focused(): {
    clipboard: Navigator["clipboard"] | undefined;
    permissions: Navigator["permissions"] | undefined;
  } | null;
  /** Whether an app has copied something that the browser lets out only at a click: show a button, or hide it. */
  pending(copyable: boolean): void;
  /** Copying is allowed only while a gesture is handled. */
  webkit: boolean;
}

/** How long a copying key may wait for the app's offer, in milliseconds. */
const COPY_PATIENCE = 1_500;

/** As much of a clipboard as the input of a document uses. */
export type ClipboardInput = Pick<Clipboard, "gesture" | "focus" | "take" | "read">;

export class Clipboard {
  private readonly remote: Remote;
  /** What this side offers to the session. */
  private local: Content = new Map();
  /** The text that was seen last on either side: what is known already is not offered again. */
  private seen: string | null = null;
  /** An app's offer that the browser has not let out. */
  private waits = false;
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

  /** Writes what waits. To be called in a click or key. */
  copy(): void {
    if (this.waits) void this.write(this.remote.kinds);
  }

  /** A key or button went down; `copies` if it is one that copies or cuts. */
  gesture(copies: boolean): void {
    if (copies && this.options.webkit) this.expect();
    else this.copy();
  }

  /** The page got the focus: what waits can go out, and the user may have copied something elsewhere. */
  async focus(): Promise<void> {
    if (this.waits && !this.options.webkit) await this.write(this.remote.kinds);
    else if (await this.mayRead()) await this.read();
  }

  /** A paste event: offers what it brings. True if the session can be told to paste now. */
  take(pasted: Pasted | null): boolean {
    if (pasted === null) return false;
    const { content, text } = taken(pasted);
    return this.offerLocal(content, text);
  }

  /** Reads the browser's clipboard, with the user's permission. To be called in a click or key. */
  async read(): Promise<boolean> {
    try {
      const items = await this.options.focused()?.clipboard?.read();
      if (items === undefined) return false;
      const { content, text } = await offered(items);
      return this.offerLocal(content, text);
    } catch {
      // Refused, or nothing that a page may read.
      return false;
    }
  }

  private appOffers(mimes: string[]): void {
    this.remote.offer = mimes;
    this.local = new Map();
    this.seen = null;
    const kinds = this.remote.kinds;
    if (this.expecting !== null) this.expecting(kinds);
    else if (kinds.length > 0) void this.write(kinds);
    else this.wait(false);
  }

  /** Puts an app's content on the browser's clipboard. */
  private async write(kinds: Format[]): Promise<void> {
    const clipboard = this.options.focused()?.clipboard;
    if (clipboard === undefined) return this.wait(true);
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
      this.wait(false);
    } catch (error) {
      this.wait(error instanceof DOMException && error.name === "NotAllowedError");
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

  private wait(waits: boolean): void {
    if (this.waits === waits) return;
    this.waits = waits;
    this.options.pending(waits);
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
      this.wait(false);
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
