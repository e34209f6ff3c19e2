/**
 * Keys and pastes that are the app's, as the gate says: which wait until it is known what they paste; and
 * what this machine's clipboard has to know of them.
 */

import type { ClipboardInput } from "../../clipboard";
import type { Gate } from "./gate";
import { keyInfo, type Keyboard, type KeyInfo } from "./keyboard";
import { isCopy, isPaste, Pasting, pasteKeys } from "./pasting";
import type { Platform } from "./platform";

export interface KeysHost {
  readonly keyboard: Keyboard;
  readonly clipboard: ClipboardInput;
  readonly platform: Platform;
  /** What follows happened at this time, in milliseconds of the document's clock; without one, now. */
  happens(at?: number): void;
  readonly gate: Gate;
  /** Lets go of everything that is held down. */
  letGo(): void;
  /** The app took a key. */
  taken(): void;
  /** The app that has the keyboard; null if none has. */
  app(): string | null;
}

export class Keys {
  private readonly pasting: Pasting;

  constructor(private readonly host: KeysHost) {
    this.pasting = new Pasting((info) => host.keyboard.press(info));
  }

  /** Listens to the field until the signal ends it. */
  listen(field: HTMLElement, signal: AbortSignal): void {
    this.listenForClipboard(field, signal);
    const keys = {
      field,
      down: (event: KeyboardEvent) => this.down(event),
      up: (event: KeyboardEvent) => this.up(event),
      letGo: () => this.host.letGo(),
    };
    this.host.gate.listen(field.ownerDocument, keys, signal);
    field.addEventListener("paste", (event) => this.pasted(event), { signal });
  }

  /** Presses keys together, and releases them. */
  chord(keys: readonly string[]): void {
    this.host.happens();
    this.host.keyboard.chord(keys);
  }

  /** Pastes into the app what this machine's clipboard holds, if the user lets us read it; in a click. */
  async paste(): Promise<void> {
    if (await this.host.clipboard.read()) this.typePaste();
  }

  /** Everything was released at the host. */
  clear(): void {
    this.pasting.forget();
  }

  private listenForClipboard(field: HTMLElement, signal: AbortSignal): void {
    const { clipboard, platform } = this.host;
    const { ownerDocument: document } = field;
    document.defaultView?.addEventListener("focus", () => void clipboard.focus(), { signal });
    // A release of fingers is a gesture for browsers, their touch is not yet.
    document.addEventListener("pointerup", () => clipboard.gesture(false), { signal, capture: true });
    const key = (event: KeyboardEvent) => {
      // What is copied in a field of the page's own is no app's.
      clipboard.gesture(event.target === field && isCopy(keyInfo(event), platform));
    };
    document.addEventListener("keydown", key, { signal, capture: true });
  }

  private down(event: KeyboardEvent): void {
    const { host, pasting } = this;
    host.happens(event.timeStamp);
    const info = keyInfo(event);
    if (pasting.waits) {
      event.preventDefault();
      pasting.then(() => this.press(info));
      return;
    }
    if (isPaste(info, host.platform) && !info.repeat) {
      // Not prevented: the browser tells what is pasted, and then the key goes.
      pasting.begin(info);
      return;
    }
    if (this.press(info)) event.preventDefault();
  }

  private press(info: KeyInfo): boolean {
    const taken = this.host.keyboard.press(info);
    if (taken) this.host.taken();
    return taken;
  }

  private up(event: KeyboardEvent): void {
    const { keyboard } = this.host;
    this.host.happens(event.timeStamp);
    const info = keyInfo(event);
    if (this.pasting.waits) this.pasting.then(() => keyboard.release(info));
    else if (keyboard.release(info)) event.preventDefault();
  }

  private pasted(event: ClipboardEvent): void {
    event.preventDefault();
    const taken = this.host.clipboard.take(event.clipboardData);
    if (this.pasting.waits) this.pasting.end();
    // By a menu of the browser or of a soft keyboard.
    else if (taken) this.typePaste();
  }

  private typePaste(): void {
    const app = this.host.app();
    if (app !== null) this.chord(pasteKeys(app));
  }
}
