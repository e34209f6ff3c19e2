/** What stands over the picture of a window whose app does not answer: its user waits, or ends the app. */

import { fill, texts } from "../../language";
import { button, make, setText } from "../widgets/dom";

export class Unresponsive {
  readonly element: HTMLElement;
  private readonly title = make("strong");
  private readonly quit: HTMLButtonElement;
  /** The user waits: nothing is said again until the app has answered once. */
  private waits = false;

  /** `waits`: the user goes on with the window, whose app has the keyboard again. */
  constructor(forceQuit: () => void, waits: () => void) {
    const { window } = texts;
    this.quit = button({ class: "force-quit", text: window.forceQuit }, forceQuit);
    const wait = button({ text: window.wait }, () => {
      this.waits = true;
      this.element.hidden = true;
      waits();
    });
    this.element = make("div", {
      class: "unresponsive",
      role: "alertdialog",
      data: { part: "unresponsive" },
      children: [
        this.title,
        make("p", { text: window.unresponsiveHint }),
        make("div", { class: "unresponsive-actions", children: [wait, this.quit] }),
      ],
    });
    this.element.hidden = true;
    // What is pressed here is not for the app below.
    for (const type of ["pointerdown", "pointermove", "pointerup", "mousedown", "wheel", "touchstart"]) {
      this.element.addEventListener(type, (event) => event.stopPropagation());
    }
    // Nor does a press take the keyboard from it.
    this.element.addEventListener("mousedown", (event) => event.preventDefault());
  }

  /** Whether the app does not answer, what its window is called, and whether this viewer may end it. */
  show(unresponsive: boolean, title: string, mayQuit: boolean): void {
    if (!unresponsive) this.waits = false;
    const words = fill(texts.window.unresponsiveTitle, { title });
    setText(this.title, words);
    this.element.setAttribute("aria-label", words);
    this.quit.hidden = !mayQuit;
    this.element.hidden = !unresponsive || this.waits;
  }
}
