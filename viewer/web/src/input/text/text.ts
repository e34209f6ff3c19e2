/**
 * The field that has the keyboard while an app has it: a place for input methods to compose in and for soft
 * keyboards to type into, unseen at the app's caret, so that candidates stand there. What it hears is told by
 * `compose.ts`.
 */

import { Composer, SEED, type ComposerHost } from "./compose";

export interface TextFieldOptions {
  document: Document;
  parent: HTMLElement;
  /** Its name for screen readers. */
  label: string;
  /**
   * Whether text that comes now may be an app's: keys that the page acted on may still write into what has
   * the focus now.
   */
  writes(): boolean;
  host: ComposerHost;
}

/** A place in the viewport. */
export interface Place {
  readonly x: number;
  readonly y: number;
  readonly height: number;
}

/** What would change the field otherwise than by typing. */
const UNWANTED = /^(history|format|insertFromDrop|insertFromPaste|insertFromYank|deleteByDrag|deleteByCut)/;

export class TextField {
  readonly element: HTMLTextAreaElement;
  private readonly composer: Composer;
  private readonly parent: HTMLElement;
  private readonly writes: () => boolean;

  constructor({ document, parent, label, writes, host }: TextFieldOptions) {
    this.parent = parent;
    this.writes = writes;
    this.composer = new Composer(host);
    this.element = document.createElement("textarea");
    this.element.className = "text-sink";
    for (const [name, value] of Object.entries(ATTRIBUTES)) this.element.setAttribute(name, value);
    this.element.setAttribute("aria-label", label);
    Object.assign(this.element.style, STYLE, HIDDEN);
    parent.append(this.element);
    this.empty();
    this.listen();
  }

  get focused(): boolean {
    return this.element.ownerDocument.activeElement === this.element;
  }

  /** Takes the keyboard, without moving the page. */
  focus(): void {
    this.element.focus({ preventScroll: true });
  }

  /** Whether a soft keyboard comes with the focus. To be called in a click: only then phones open one. */
  set soft(on: boolean) {
    if ((this.element.inputMode !== "none") === on) return;
    this.element.inputMode = on ? "text" : "none";
    // Keyboards look at it only when the focus comes.
    if (this.focused) this.element.blur();
    this.focus();
  }

  get soft(): boolean {
    return this.element.inputMode !== "none";
  }

  get composing(): boolean {
    return this.composer.active;
  }

  /** Stands at the app's caret. */
  place({ x, y, height }: Place): void {
    const box = this.parent.getBoundingClientRect();
    const within = (at: number, room: number) =>
      `${Math.round(Math.min(Math.max(at, 0), Math.max(room - 1, 0)))}px`;
    this.element.style.left = within(x - box.left, box.width);
    this.element.style.top = within(y - box.top, box.height);
    this.element.style.height = `${Math.max(1, Math.round(height))}px`;
  }

  /** Forgets what was typed: the app's caret is elsewhere now. */
  empty(): void {
    if (this.composer.active) return;
    this.composer.reset();
    if (this.element.value !== SEED) this.element.value = SEED;
    this.toEnd();
  }

  remove(): void {
    this.element.remove();
  }

  private listen(): void {
    const { element, composer } = this;
    const on = <K extends keyof HTMLElementEventMap>(
      type: K,
      handle: (event: HTMLElementEventMap[K]) => void,
    ) => element.addEventListener(type, handle);
    on("beforeinput", (event) => {
      if (UNWANTED.test((event as InputEvent).inputType) || !this.writes()) event.preventDefault();
    });
    on("compositionstart", (event) => {
      composer.start(event.data);
      this.show(composer.visible);
    });
    on("compositionend", () => {
      composer.end(element.value);
      this.show(false);
      this.tidy();
    });
    on("input", (event) => {
      // WebKit takes the composition out before it puts in what is to stay.
      if (/^(deleteCompositionText|insertFromComposition)$/.test((event as InputEvent).inputType)) return;
      if (!this.writes() && !composer.active) return this.empty();
      composer.change(element.value, [element.selectionStart, element.selectionEnd]);
      this.tidy();
    });
    on("blur", () => {
      // A composition ends with the focus, in engines that do not say so, too.
      if (composer.active) composer.end(element.value);
      this.show(false);
      this.empty();
    });
    on("focus", () => this.toEnd());
  }

  private tidy(): void {
    if (this.composer.stale) this.empty();
  }

  private toEnd(): void {
    const end = this.element.value.length;
    this.element.setSelectionRange(end, end);
  }

  /** Shows the field, if nothing else shows what is being composed. */
  private show(visible: boolean): void {
    this.element.classList.toggle("composing", visible);
    Object.assign(this.element.style, visible ? SHOWN : HIDDEN);
  }
}

const ATTRIBUTES = {
  autocapitalize: "off",
  autocomplete: "off",
  autocorrect: "off",
  spellcheck: "false",
  inputmode: "none",
  enterkeyhint: "enter",
  rows: "1",
};

/** Unseen, but there: engines place candidates and soft keyboards by it. Smaller letters make iOS zoom. */
const STYLE: Partial<CSSStyleDeclaration> = {
  position: "absolute",
  left: "0",
  top: "0",
  height: "20px",
  padding: "0",
  border: "0",
  margin: "0",
  outline: "none",
  resize: "none",
  overflow: "hidden",
  whiteSpace: "pre",
  font: "16px/1.2 system-ui",
  pointerEvents: "none",
};
const HIDDEN: Partial<CSSStyleDeclaration> = { opacity: "0", width: "1px", zIndex: "0" };
const SHOWN: Partial<CSSStyleDeclaration> = { opacity: "1", width: "16em", zIndex: "2147483647" };
