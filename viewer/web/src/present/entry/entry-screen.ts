/**
 * The screen before there is a desk, and after: calm while it takes a moment, clear when something is wrong.
 */

import { texts } from "../../language";
import { linkField } from "./link-field";
import { button, make, setText } from "../widgets/dom";
import { setTitle } from "../widgets/title";
import { drawSymbol } from "../widgets/symbols";

/** What takes less needs no words, in milliseconds. */
const WAIT_TEXT_DELAY = 300;

export interface Retry {
  label: string;
  go: () => void;
}

export class EntryScreen {
  readonly element: HTMLElement;
  private readonly title = make("h1");
  private readonly text = make("p");
  private readonly detail = make("p", { class: "entering-detail" });
  private readonly progress = make("div", { class: "progress" });
  private readonly ways = make("div", { class: "entering-ways" });
  private timer = 0;

  constructor(parent: HTMLElement) {
    const mark = make("div", { class: "mark", children: [drawSymbol("dormer")] });
    this.progress.setAttribute("aria-hidden", "true");
    this.element = make("main", {
      class: "entering",
      label: texts.name,
      children: [
        make("div", {
          class: "entering-card",
          children: [mark, this.title, this.text, this.progress, this.detail, this.ways],
        }),
      ],
    });
    this.element.setAttribute("aria-live", "polite");
    this.element.hidden = true;
    parent.append(this.element);
  }

  /** Something is under way: said when it takes longer than a moment. */
  wait(words: string): void {
    const waiting = this.element.classList.contains("waiting") && !this.element.hidden;
    this.show("waiting", words, "", "");
    if (waiting || this.timer !== 0) return;
    this.element.classList.add("quiet");
    this.timer = window.setTimeout(() => this.element.classList.remove("quiet"), WAIT_TEXT_DELAY);
  }

  /** It is over, or something is wrong: what, and what to do; `takesLink`: another link helps. */
  stop(title: string, text: string, detail: string, retry: Retry | null, takesLink = false): void {
    this.show("stopped", title, text, detail);
    this.element.classList.remove("quiet");
    if (takesLink) this.ways.append(linkField());
    if (retry === null) return;
    const primary = button({ class: "primary", text: retry.label }, retry.go);
    this.ways.append(primary);
    primary.focus({ preventScroll: true });
  }

  hide(): void {
    clearTimeout(this.timer);
    this.timer = 0;
    this.element.hidden = true;
    this.cover(false);
  }

  /** What lies below is for nobody, neither for keys nor for screen readers. */
  private cover(on: boolean): void {
    for (const other of this.element.parentElement?.children ?? [])
      if (other instanceof HTMLElement && other !== this.element) other.inert = on;
  }

  private show(kind: "waiting" | "stopped", title: string, text: string, detail: string): void {
    this.element.hidden = false;
    this.cover(true);
    this.element.classList.toggle("waiting", kind === "waiting");
    this.ways.replaceChildren();
    setText(this.title, title);
    setText(this.text, text);
    setText(this.detail, detail);
    this.text.hidden = text === "";
    this.detail.hidden = detail === "";
    this.progress.hidden = kind !== "waiting";
    if (kind === "stopped") setTitle(title);
  }
}
