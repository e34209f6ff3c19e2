/** Choosing among windows: cards on phones, a row of icons while Ctrl and Alt are held. */

import { fill, texts } from "../../language";
import type { TrackId } from "../../protocol/types";
import { button, make } from "../widgets/dom";
import { drawSymbol } from "../widgets/symbols";
import type { AppIcons } from "../widgets/app-icons";
import type { Card } from "../window/cards";
import type { Previews } from "../window/previews";

export interface SwitcherActions {
  cards(): Card[];
  pick(track: TrackId): void;
  close(track: TrackId): void;
  /** Nothing was picked: who had the keyboard gets it again. */
  left(): void;
}

/** All windows as cards. */
export class Switcher {
  readonly element: HTMLElement;
  private readonly list = make("ul", { class: "cards" });

  constructor(
    parent: HTMLElement,
    private readonly icons: AppIcons,
    private readonly previews: Previews,
    private readonly actions: SwitcherActions,
  ) {
    this.element = make("div", {
      class: "switcher",
      role: "dialog",
      label: texts.switcher.label,
      children: [this.list],
    });
    this.element.hidden = true;
    this.element.tabIndex = -1;
    this.element.addEventListener("click", ({ target }) => {
      if (target === this.element || target === this.list) this.leave();
    });
    this.element.addEventListener("keydown", ({ key }) => key === "Escape" && this.leave());
    parent.append(this.element);
  }

  get open(): boolean {
    return !this.element.hidden;
  }

  toggle(): void {
    if (this.open) return this.leave();
    this.element.hidden = false;
    this.refresh();
    (this.element.querySelector<HTMLElement>(".card-pick.active") ?? this.element).focus({
      preventScroll: true,
    });
  }

  private leave(): void {
    this.hide();
    this.actions.left();
  }

  private hide(): void {
    this.element.hidden = true;
    this.previews.hide(this);
  }

  /** Shows the windows as they are now, if it is open. */
  refresh(): void {
    if (!this.open) return;
    const cards = this.actions.cards();
    const none = make("li", { class: "cards-none", text: texts.taskbar.noWindows });
    const focused = this.element.contains(document.activeElement) ? document.activeElement : null;
    const pictures = this.previews.show(
      this,
      cards.map(({ track }) => track),
    );
    const elements = cards.map((card) => this.card(card, pictures.get(card.track) ?? null));
    this.list.replaceChildren(...(cards.length === 0 ? [none] : elements));
    if (focused !== null && !focused.isConnected) this.focusLike(focused as HTMLElement);
  }

  /** The same button of the same window has the focus again; if that is gone, the list. */
  private focusLike({ dataset, className }: HTMLElement): void {
    const alike = [...this.list.querySelectorAll<HTMLElement>(`[data-window="${dataset["window"]}"]`)];
    const same = alike.find((one) => one.className.split(" ")[0] === className.split(" ")[0]);
    (same ?? this.element).focus({ preventScroll: true });
  }

  private card({ track, title, appId, icon, active }: Card, picture: Node | null): HTMLElement {
    const pick = button(
      {
        class: `card-pick${active ? " active" : ""}`,
        label: title,
        data: { window: String(track) },
        children: [
          make("span", {
            class: "card-head",
            children: [
              this.icons.element(icon, appId || title),
              make("span", { class: "card-title", text: title }),
            ],
          }),
          make("span", { class: "card-picture", children: [picture] }),
        ],
      },
      () => {
        this.hide();
        this.actions.pick(track);
      },
    );
    const label = fill(texts.switcher.close, { title });
    const close = button(
      {
        ...{ class: "card-close tool", label, title: label, children: [drawSymbol("close")] },
        data: { window: String(track) },
      },
      () => this.actions.close(track),
    );
    return make("li", { class: "card", children: [pick, close] });
  }
}

export interface CycleActions {
  cards(): Card[];
  pick(track: TrackId): void;
  /** Hears of every key that goes up, until the answer is called. */
  hear(hearer: (event: KeyboardEvent) => void): () => void;
  /** Tells screen readers, whose focus stays with the app. */
  speak(title: string): void;
}

/** Going through windows while modifiers are held: the last used first, as everywhere. */
export class Cycle {
  private readonly element: HTMLElement;
  private cards: Card[] = [];
  private at = 0;
  private unhear = (): void => {};

  constructor(
    parent: HTMLElement,
    private readonly icons: AppIcons,
    private readonly previews: Previews,
    private readonly actions: CycleActions,
  ) {
    this.element = make("div", { class: "cycle", role: "listbox", label: texts.switcher.label });
    this.element.hidden = true;
    // All of the page is in places that have names.
    parent.append(make("div", { role: "region", label: texts.switcher.label, children: [this.element] }));
    addEventListener("blur", () => this.running && this.end());
  }

  get running(): boolean {
    return !this.element.hidden;
  }

  step(direction: 1 | -1): void {
    if (!this.running) {
      this.cards = this.actions.cards();
      this.at = 0;
    }
    if (this.cards.length === 0) return;
    if (!this.running) {
      this.unhear = this.actions.hear(({ key }) => (key === "Control" || key === "Alt") && this.end());
    }
    this.at = (this.at + direction + this.cards.length) % this.cards.length;
    this.element.hidden = false;
    const pictures = this.previews.show(
      this,
      this.cards.map(({ track }) => track),
    );
    this.element.replaceChildren(
      ...this.cards.map(({ track, title, appId, icon }, index) => {
        const option = make("div", {
          class: "cycle-item",
          role: "option",
          label: title,
          children: [
            make("span", { class: "cycle-picture", children: [pictures.get(track) ?? null] }),
            make("span", {
              class: "cycle-name",
              children: [
                this.icons.element(icon, appId || title),
                make("span", { class: "cycle-title", text: title }),
              ],
            }),
          ],
        });
        option.setAttribute("aria-selected", String(index === this.at));
        return option;
      }),
    );
    this.element.children[this.at]?.scrollIntoView({ block: "nearest" });
    const { title } = this.cards[this.at] as Card;
    this.actions.speak(title);
  }

  private end(): void {
    this.unhear();
    this.element.hidden = true;
    this.previews.hide(this);
    const card = this.cards[this.at];
    if (card !== undefined) this.actions.pick(card.track);
  }
}
