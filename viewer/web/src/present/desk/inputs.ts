/**
 * What people do, for all documents of the page: one layout and one clipboard, and an input for each
 * document.
 */

import type { Waiting } from "../../clipboard";
import { Clipboards } from "../../clipboard/clipboards";
import { Gate, Input, KeyboardHolder, Layout, detectPlatform, type Surface, type Zoom } from "../../input";
import { texts } from "../../language";
import type { Command, Event } from "../../link/vocabulary";
import type { Session } from "../../page/session";
import type { SessionId } from "../../page/window-key";
import type { TrackId } from "../../protocol/types";

export interface InputsOptions {
  send(command: Command): void;
  keeps(event: KeyboardEvent): boolean;
  pressed(surface: Surface): void;
  appId(toplevel: TrackId): string;
  /** Something was copied that needs a press of a button to be taken over, or not any more. */
  copyable(session: Session, waiting: Waiting): void;
  /** The session whose window has the keyboard. */
  active(): SessionId;
  /** On small screens: the soft keyboard was opened or closed. */
  keyboardChanged(shown: boolean): void;
  caretMoved(): void;
  drawCursor(at: { x: number; y: number } | null): void;
  zoom: Zoom;
}

export class Inputs {
  /** Of the page itself. */
  readonly main: Input;
  readonly clipboards: Clipboards;
  /** By which all keys come. */
  readonly gate: Gate;
  private readonly holder = new KeyboardHolder();
  private readonly layout: Layout;
  private readonly platform = detectPlatform(navigator);
  private readonly inputs = new Map<Document, Input>();

  constructor(
    parent: HTMLElement,
    private readonly options: InputsOptions,
  ) {
    const { send } = options;
    this.gate = new Gate((event) => options.keeps(event));
    this.layout = new Layout({ send, storage: storage(), languages: navigator.languages });
    void this.layout.ask(navigator);
    this.clipboards = new Clipboards({
      webkit: this.platform.webkit,
      focused: () => this.focusedNavigator(),
      pending: options.copyable,
      active: options.active,
    });
    this.main = this.open(parent);
  }

  /** The input of the document that an element belongs to; made when it is asked for the first time. */
  open(parent: HTMLElement): Input {
    const owner = parent.ownerDocument;
    const known = this.inputs.get(owner);
    if (known !== undefined) return known;
    const { send, pressed, appId, zoom, drawCursor, keyboardChanged, caretMoved } = this.options;
    const small = owner === document ? { zoom, drawCursor, keyboardChanged, caretMoved } : {};
    const input = new Input({
      ...{ document: owner, parent, send, gate: this.gate, pressed, appId },
      ...{ holder: this.holder, layout: this.layout, clipboard: this.clipboards, platform: this.platform },
      label: texts.input.textLabel,
      ...small,
    });
    this.inputs.set(owner, input);
    return input;
  }

  /** A document is going away. */
  close(owner: Document): void {
    this.inputs.get(owner)?.dispose();
    this.inputs.delete(owner);
  }

  of(owner: Document): Input {
    return this.inputs.get(owner) ?? this.main;
  }

  handle(session: Session, event: Event): void {
    this.clipboards.handle(session, event);
    for (const input of this.inputs.values()) input.handle(event);
  }

  /** Clipboards answer only the document that has the focus. */
  private focusedNavigator(): Navigator {
    const focused = [...this.inputs.keys()].find((owner) => owner.hasFocus());
    return focused?.defaultView?.navigator ?? navigator;
  }
}

/** Where what was learned is kept; not everywhere is it allowed. */
export function storage(): Storage | null {
  try {
    return localStorage;
  } catch {
    return null;
  }
}
