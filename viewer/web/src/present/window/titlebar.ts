/** The bar that the desk draws above windows that draw none. */

import { texts } from "../../language";
import { button, make, setAttribute, setText } from "../widgets/dom";
import { drawSymbol, type SymbolName } from "../widgets/symbols";

/** Its height in CSS pixels, before it is rounded to device pixels, where text has its usual size. */
const HEIGHT = 34;
/** The usual size of text in CSS pixels. */
const USUAL = 16;

let known: number | null = null;

/** The same for text as large as this browser is set to have it. */
export function titleHeight(): number {
  known ??= (HEIGHT * parseFloat(getComputedStyle(document.documentElement).fontSize)) / USUAL;
  return known;
}

export interface TitleActions {
  menu(at: { x: number; y: number }): void;
  popOut(): void;
  minimise(): void;
  maximise(): void;
  close(): void;
}

export class Titlebar {
  readonly element: HTMLElement;
  readonly icon: HTMLButtonElement;
  private readonly title: HTMLElement;
  private readonly maximise: HTMLButtonElement;
  private readonly minimise: HTMLButtonElement;

  constructor(actions: TitleActions) {
    const { window } = texts;
    const tool = (label: string, name: SymbolName, action: () => void, kind = "") =>
      button({ class: `tool ${kind}`, label, title: label, children: [drawSymbol(name)] }, action);
    this.title = make("span", { class: "title" });
    this.icon = button({ class: "window-icon", label: window.menu, title: window.menu }, () => {
      const { left, bottom } = this.icon.getBoundingClientRect();
      actions.menu({ x: left, y: bottom });
    });
    this.icon.setAttribute("aria-haspopup", "menu");
    this.minimise = tool(window.minimise, "minimise", actions.minimise);
    this.maximise = tool(window.maximise, "maximise", actions.maximise, "tool-maximise");
    const tools = make("div", {
      class: "tools",
      children: [
        tool(window.popOut, "popOut", actions.popOut, "tool-pop-out"),
        this.minimise,
        this.maximise,
        tool(window.close, "close", actions.close, "tool-close"),
      ],
    });
    this.element = make("header", {
      class: "titlebar",
      data: { part: "titlebar" },
      children: [this.icon, this.title, tools],
    });
    // The app keeps the keyboard while its window is moved or its buttons are pressed.
    this.element.addEventListener("mousedown", (event) => event.preventDefault());
    this.element.addEventListener("contextmenu", (event) => {
      event.preventDefault();
      actions.menu({ x: event.clientX, y: event.clientY });
    });
  }

  name(title: string): void {
    setText(this.title, title);
  }

  /** What the middle button does now, and which buttons there are. */
  show(fills: boolean, resizable: boolean, dialog: boolean): void {
    const label = fills ? texts.window.restore : texts.window.maximise;
    if (this.maximise.getAttribute("aria-label") !== label) {
      setAttribute(this.maximise, "aria-label", label);
      this.maximise.title = label;
      this.maximise.replaceChildren(drawSymbol(fills ? "restore" : "maximise"));
    }
    this.maximise.hidden = !resizable;
    this.minimise.hidden = dialog;
  }
}
