/** The bar of keys that soft keyboards lack. Its buttons take no focus, so that the soft keyboard stays. */

import { key } from "./keyboard/codes";
import type { Input } from "./input";

/** What screen readers say, and what stands on keys without a sign of their own. */
export interface KeybarNames {
  bar: string;
  escape: string;
  tab: string;
  control: string;
  alt: string;
  shift: string;
  super: string;
  left: string;
  right: string;
  up: string;
  down: string;
  home: string;
  end: string;
  pageUp: string;
  pageDown: string;
  delete: string;
  functionKeys: string;
  keyboard: string;
  paste: string;
}

export interface KeybarOptions {
  parent: HTMLElement;
  names: KeybarNames;
  input: Pick<Input, "keyboard" | "toggleKeyboard" | "paste">;
}

/** A button: what it does, what stands on it if that is not its name, what it is called, and its key. */
type Button = readonly [
  "key" | "sticky" | "page" | "keyboard" | "paste",
  string,
  keyof KeybarNames | "",
  string,
];

/** Up to "Fn" they fit on an upright phone; the others are a swipe away. */
const FIRST: readonly Button[] = [
  ["keyboard", "⌨", "keyboard", ""],
  ["key", "Esc", "escape", "Escape"],
  ["key", "Tab", "tab", "Tab"],
  ["sticky", "Ctrl", "control", "ControlLeft"],
  ["sticky", "Alt", "alt", "AltLeft"],
  ["key", "←", "left", "ArrowLeft"],
  ["key", "↓", "down", "ArrowDown"],
  ["key", "↑", "up", "ArrowUp"],
  ["key", "→", "right", "ArrowRight"],
  ["page", "Fn", "functionKeys", ""],
  ["sticky", "Shift", "shift", "ShiftLeft"],
  ["paste", "", "paste", ""],
  ["sticky", "Super", "super", "MetaLeft"],
];
const SECOND: readonly Button[] = [
  ["key", "Home", "home", "Home"],
  ["key", "End", "end", "End"],
  ["key", "PgUp", "pageUp", "PageUp"],
  ["key", "PgDn", "pageDown", "PageDown"],
  ["key", "Del", "delete", "Delete"],
  ...Array.from({ length: 12 }, (_, n): Button => ["key", `F${n + 1}`, "", `F${n + 1}`]),
];

/** A held key repeats after so many milliseconds, and then so often: as keyboards do. */
const DELAY = 500;
const INTERVAL = 50;

export class Keybar {
  readonly element: HTMLElement;
  private readonly second: HTMLElement;
  private readonly modifiers = new Map<string, HTMLButtonElement>();
  private pageButton: HTMLButtonElement | undefined;

  constructor(private readonly options: KeybarOptions) {
    const { parent, names, input } = options;
    const document = parent.ownerDocument;
    this.element = document.createElement("div");
    this.element.className = "keybar";
    this.element.setAttribute("role", "toolbar");
    this.element.setAttribute("aria-label", names.bar);
    this.second = this.page(SECOND);
    this.second.hidden = true;
    this.element.append(this.second, this.page(FIRST));
    parent.append(this.element);
    input.keyboard.sticky.changed = () => this.show();
    this.show();
  }

  remove(): void {
    this.options.input.keyboard.sticky.changed = () => {};
    this.element.remove();
  }

  private page(buttons: readonly Button[]): HTMLElement {
    const page = this.element.ownerDocument.createElement("div");
    page.className = "keybar-page";
    page.append(...buttons.map((button) => this.button(button)));
    return page;
  }

  private button([does, sign, name, code]: Button): HTMLButtonElement {
    const button = this.element.ownerDocument.createElement("button");
    button.type = "button";
    button.className = "keybar-key";
    const named = name === "" ? sign : this.options.names[name];
    // A sign that is not the name is drawn by the style sheet: what is read is the name.
    if (sign === "" || sign === named) button.textContent = named;
    else button.setAttribute("data-sign", sign);
    button.setAttribute("aria-label", named);
    // The focus stays where it is, and so does the soft keyboard.
    button.tabIndex = -1;
    for (const type of ["pointerdown", "mousedown"]) {
      button.addEventListener(type, (event) => event.preventDefault());
    }
    const { input } = this.options;
    if (does === "key") this.repeating(button, code);
    else if (does === "sticky") {
      this.modifiers.set(code, button);
      button.addEventListener("click", () => input.keyboard.sticky.tap(code));
    } else if (does === "page") {
      this.pageButton = button;
      button.addEventListener("click", () => {
        this.second.hidden = !this.second.hidden;
        this.show();
      });
    } else if (does === "keyboard") button.addEventListener("click", () => input.toggleKeyboard());
    else button.addEventListener("click", () => void input.paste());
    return button;
  }

  /** A key of the bar: repeats while it is held. A finger that moves scrolls the bar and presses nothing. */
  private repeating(button: HTMLButtonElement, code: string): void {
    key(code);
    const tap = () => this.options.input.keyboard.tap(code);
    let timer: ReturnType<typeof setTimeout> | undefined;
    let repeated = false;
    const repeat = (after: number) => {
      timer = setTimeout(() => {
        repeated = true;
        tap();
        repeat(INTERVAL);
      }, after);
    };
    button.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      clearTimeout(timer);
      repeated = false;
      repeat(DELAY);
    });
    for (const type of ["pointerup", "pointercancel", "pointerleave"]) {
      button.addEventListener(type, () => clearTimeout(timer));
    }
    button.addEventListener("click", () => {
      if (!repeated) tap();
      repeated = false;
    });
  }

  private show(): void {
    for (const [code, button] of this.modifiers) {
      const pressed = { off: "false", once: "mixed", locked: "true" } as const;
      button.setAttribute("aria-pressed", pressed[this.options.input.keyboard.sticky.of(code)]);
    }
    this.pageButton?.setAttribute("aria-expanded", String(!this.second.hidden));
  }
}
