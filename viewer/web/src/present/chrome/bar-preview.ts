/** Small pictures above a button of the taskbar, while the pointer or the keyboard rests on it. */

import type { AppIcons } from "../widgets/app-icons";
import { make, setLength } from "../widgets/dom";
import type { Card } from "../window/cards";
import type { Previews } from "../window/previews";

/** How long somebody rests on a button until they mean it, in milliseconds. */
const REST = 350;
/** The most windows of one button that are shown. */
const MOST = 4;
/** The least room beside it, in CSS pixels. */
const MARGIN = 8;

export class BarPreview {
  private readonly element = make("div", { class: "bar-preview" });
  private timer: ReturnType<typeof setTimeout> | undefined;
  private anchor: HTMLElement | null = null;

  constructor(
    parent: HTMLElement,
    private readonly previews: Previews,
    private readonly icons: AppIcons,
  ) {
    this.element.hidden = true;
    // The buttons have the same names.
    this.element.setAttribute("aria-hidden", "true");
    parent.append(this.element);
  }

  /** Shows what a button stands for when somebody rests on it. */
  listen(button: HTMLElement, entries: () => readonly Card[]): void {
    const soon = (): void => {
      this.hide();
      this.timer = setTimeout(() => this.show(button, entries()), REST);
    };
    const end = (): void => this.hide();
    button.addEventListener("pointerenter", ({ pointerType }) => pointerType === "mouse" && soon());
    button.addEventListener("focus", () => button.matches(":focus-visible") && soon());
    for (const type of ["pointerleave", "pointerdown", "blur", "click", "keydown"])
      button.addEventListener(type, end);
  }

  /** The buttons have changed: one that is gone shows nothing. */
  settle(): void {
    if (this.anchor?.isConnected === false) this.hide();
  }

  private show(button: HTMLElement, entries: readonly Card[]): void {
    if (!button.isConnected) return;
    this.anchor = button;
    const shown = entries.slice(0, MOST);
    const pictures = this.previews.show(
      this,
      shown.map(({ track }) => track),
    );
    this.element.replaceChildren(
      ...shown.map(({ track, title, icon, appId }) =>
        make("div", {
          class: "bar-preview-window",
          children: [
            make("span", {
              class: "bar-preview-head",
              children: [
                this.icons.element(icon, appId || title),
                make("span", { class: "bar-preview-title", text: title }),
              ],
            }),
            make("span", { class: "bar-preview-picture", children: [pictures.get(track) ?? null] }),
          ],
        }),
      ),
    );
    this.element.hidden = false;
    const { left, width } = button.getBoundingClientRect();
    const most = innerWidth - this.element.offsetWidth - MARGIN;
    const middle = left + width / 2 - this.element.offsetWidth / 2;
    setLength(this.element, "left", Math.round(Math.max(MARGIN, Math.min(middle, most))));
  }

  private hide(): void {
    clearTimeout(this.timer);
    this.anchor = null;
    if (this.element.hidden) return;
    this.element.hidden = true;
    this.element.replaceChildren();
    this.previews.hide(this);
  }
}
