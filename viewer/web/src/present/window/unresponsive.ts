/**
 * What stands over the picture of a window whose app does not answer: its user waits, or ends the app. It
 * takes the keyboard from nobody who types; a shortcut leads to it.
 */

import { fill, texts } from "../../language";
import { button, make, setText } from "../widgets/dom";

export interface UnresponsiveActions {
  /** The user waits no longer. */
  forceQuit(): void;
  /** The user goes on with the window, whose app has the keyboard again. */
  goOn(): void;
}

/** Which key leads to the next button, and which to the one before. */
const STEPS: Readonly<Record<string, 1 | -1>> = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

let count = 0;

export class Unresponsive {
  readonly element: HTMLElement;
  private readonly title = make("strong");
  private readonly waitButton: HTMLButtonElement;
  private readonly quitButton: HTMLButtonElement;
  private unresponsive = false;
  /** The user waits: nothing is said again until the app has answered once. */
  private waits = false;

  /** `keys`: the shortcut that leads here, as it is written. */
  constructor(
    keys: string,
    private readonly actions: UnresponsiveActions,
  ) {
    const { window } = texts;
    this.quitButton = button({ class: "force-quit", text: window.forceQuit }, () => this.quit());
    this.waitButton = button({ text: window.wait }, () => this.wait());
    const hint = make("p", { text: window.unresponsiveHint });
    hint.id = `unresponsive-${++count}`;
    this.element = make("div", {
      class: "unresponsive",
      role: "alertdialog",
      attributes: { "aria-describedby": hint.id },
      data: { part: "unresponsive" },
      children: [
        this.title,
        hint,
        make("div", {
          class: "unresponsive-actions",
          children: [make("kbd", { text: keys }), this.waitButton, this.quitButton],
        }),
      ],
    });
    this.element.hidden = true;
    // What is pressed here is not for the app below.
    for (const type of ["pointerdown", "pointermove", "pointerup", "mousedown", "wheel", "touchstart"]) {
      this.element.addEventListener(type, (event) => event.stopPropagation());
    }
    // Nor does a press take the keyboard from it.
    this.element.addEventListener("mousedown", (event) => event.preventDefault());
    this.element.addEventListener("keydown", (event) => this.keys(event));
  }

  /** Whether this viewer may end the app, which does not answer. */
  get mayQuit(): boolean {
    return this.unresponsive && !this.quitButton.hidden;
  }

  /** Whether the app does not answer, what its window is called, and whether this viewer may end it. */
  show(unresponsive: boolean, title: string, mayQuit: boolean): void {
    this.unresponsive = unresponsive;
    if (!unresponsive) this.waits = false;
    const words = fill(texts.window.unresponsiveTitle, { title });
    setText(this.title, words);
    this.element.setAttribute("aria-label", words);
    this.quitButton.hidden = !mayQuit;
    this.settle();
  }

  /** Asks, also who waits, and gives the keyboard to the answers; not if there is nothing to ask. */
  ask(): void {
    if (!this.unresponsive) return;
    this.waits = false;
    this.element.hidden = false;
    this.waitButton.focus({ preventScroll: true });
  }

  wait(): void {
    this.waits = true;
    this.element.hidden = true;
    this.actions.goOn();
  }

  quit(): void {
    this.actions.forceQuit();
  }

  private settle(): void {
    const hides = !this.element.hidden && (!this.unresponsive || this.waits);
    const had = this.element.contains(this.element.ownerDocument.activeElement);
    this.element.hidden = !this.unresponsive || this.waits;
    // Nobody is to type into what is gone.
    if (hides && had) this.actions.goOn();
  }

  private keys(event: KeyboardEvent): void {
    const step = event.key === "Tab" ? (event.shiftKey ? -1 : 1) : STEPS[event.key];
    if (event.key === "Escape") this.wait();
    else if (step !== undefined) this.step(step);
    else return;
    event.preventDefault();
  }

  /** The keyboard stays with the question until it is answered. */
  private step(by: 1 | -1): void {
    const all = [this.waitButton, this.quitButton].filter(({ hidden }) => !hidden);
    const at = all.indexOf(this.element.ownerDocument.activeElement as HTMLButtonElement);
    all[(at + by + all.length) % all.length]?.focus({ preventScroll: true });
  }
}
