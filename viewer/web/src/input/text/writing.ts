/**
 * Text on its way to the app: the field that it is written into, where that stands, and how what is composed
 * is shown.
 */

import type { InputEvent, TrackId } from "../../protocol/types";
import { Caret } from "./caret";
import { inBytes, type ComposerHost, type Showing } from "./compose";
import type { Keyboard } from "../keyboard/keyboard";
import { SoftKeyboard } from "./softkeyboard";
import type { Surfaces } from "../pointer/surface";
import { TextField } from "./text";

export interface WritingHost {
  readonly document: Document;
  /** Holds the field. */
  readonly parent: HTMLElement;
  /** The field's name for screen readers. */
  readonly label: string;
  readonly surfaces: Surfaces;
  readonly keyboard: Keyboard;
  /** What follows happens now. */
  happens(): void;
  /** To the app that has the keyboard. */
  emit(event: InputEvent): void;
  /** Whether text that comes now may be an app's. */
  writes(): boolean;
  /** The window that is to have the keyboard. */
  window(): TrackId | null;
  /** The soft keyboard was opened or closed. */
  keyboardChanged(shown: boolean): void;
}

/** So much of a composition is told to the app, in characters. */
const LONGEST_PREEDIT = 1000;

export class Writing {
  readonly field: TextField;
  readonly soft: SoftKeyboard;
  readonly caret: Caret;

  constructor(private readonly host: WritingHost) {
    const { document, parent, label } = host;
    const writes = () => host.writes();
    this.field = new TextField({ document, parent, label, writes, host: this.composing() });
    this.soft = new SoftKeyboard(this.field, host.keyboardChanged);
    this.caret = new Caret(host.surfaces);
  }

  /** Puts the field at the app's caret; at the foot of the window if it tells of none. */
  settle(): void {
    const { box } = this.caret;
    if (box !== null) {
      this.field.place({ x: box.x, y: box.y, height: box.h });
      return;
    }
    const window = this.host.window();
    const surface = window === null ? undefined : this.host.surfaces.of(window);
    if (surface === undefined) return;
    const { left, bottom } = surface.element.getBoundingClientRect();
    this.field.place({ x: left, y: bottom - 20, height: 20 });
  }

  /** What is composed, to the app. */
  private composing(): ComposerHost {
    const { host } = this;
    return {
      text: (text) => {
        host.happens();
        host.keyboard.type(text);
      },
      tap: (code) => {
        host.happens();
        host.keyboard.tap(code);
      },
      preedit: (text, selection) => {
        host.happens();
        const bounded = [...text].slice(0, LONGEST_PREEDIT).join("");
        host.emit({ Preedit: { text: bounded, cursor: inBytes(bounded, selection) } });
      },
      showing: () => this.showing(),
    };
  }

  /** How a composition that begins now is shown. */
  private showing(): Showing {
    this.settle();
    if (this.caret.known) return "app";
    const languages = this.host.document.defaultView?.navigator.languages ?? [];
    const cjk = languages.some((name) => /^(zh|ja|ko)/.test(name));
    return this.soft.shown && !cjk ? "typing" : "field";
  }
}
