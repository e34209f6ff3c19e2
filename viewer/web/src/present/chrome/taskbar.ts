/** The bar at the edge: apps, one button for each window, the connection. On phones it holds what fingers need. */

import { fill, texts } from "../../language";
import type { TrackId } from "../../protocol/types";
import { button, make, setAttribute, setText } from "../widgets/dom";
import { drawSymbol, type SymbolName } from "../widgets/symbols";
import type { Card } from "../window/cards";
import type { AppIcons } from "../widgets/app-icons";

/** One window in the bar. */
export type WindowEntry = Omit<Card, "canvas">;

export interface TaskbarActions {
  apps(): void;
  windows(): void;
  keyboard(): void;
  more(): void;
  connection(): void;
  pick(track: TrackId): void;
  menu(track: TrackId, at: { x: number; y: number }): void;
}

interface Shown {
  element: HTMLButtonElement;
  title: HTMLElement;
  /** What the icon was made from. */
  icon: string;
}

export type Light = "online" | "connecting" | "reconnecting";

export class Taskbar {
  readonly element: HTMLElement;
  readonly apps: HTMLButtonElement;
  readonly windows: HTMLButtonElement;
  readonly connection: HTMLButtonElement;
  private readonly more: HTMLButtonElement;
  private readonly entries = make("div", { class: "entries", role: "toolbar" });
  private readonly count = make("span", { class: "count" });
  private readonly shown = new Map<TrackId, Shown>();

  constructor(
    private readonly actions: TaskbarActions,
    private readonly icons: AppIcons,
  ) {
    const { taskbar, window } = texts;
    const tool = (label: string, name: SymbolName, action: () => void, kind: string, short = label) =>
      button(
        {
          class: `bar-button ${kind}`,
          label,
          title: label,
          children: [drawSymbol(name), make("span", { class: "bar-label", text: short })],
        },
        action,
      );
    this.apps = tool(taskbar.apps, "dormer", actions.apps, "bar-apps");
    this.apps.setAttribute("aria-haspopup", "dialog");
    this.apps.setAttribute("aria-expanded", "false");
    this.windows = tool(taskbar.windows, "windows", actions.windows, "only-compact");
    this.windows.append(this.count);
    const keyboard = tool(taskbar.keyboard, "keyboard", actions.keyboard, "only-compact bar-keyboard");
    // The soft keyboard opens only if the field keeps the focus that this press would take.
    keyboard.addEventListener("mousedown", (event) => event.preventDefault());
    this.more = tool(window.menu, "more", actions.more, "only-compact", taskbar.more);
    this.connection = button(
      { class: "bar-button bar-connection", children: [drawSymbol("link")] },
      actions.connection,
    );
    this.entries.setAttribute("aria-label", taskbar.windows);
    this.element = make("nav", {
      class: "taskbar",
      label: taskbar.label,
      children: [this.apps, this.windows, this.entries, keyboard, this.more, this.connection],
    });
    this.element.addEventListener("keydown", (event) => this.keys(event));
    this.light("connecting");
  }

  /** Where the menu of the shown window opens on phones. */
  get corner(): { x: number; y: number } {
    const { right, top } = this.more.getBoundingClientRect();
    return { x: right, y: top };
  }

  light(light: Light, detail = ""): void {
    const { session, taskbar } = texts;
    const words = {
      online: session.online,
      connecting: session.connecting,
      reconnecting: session.reconnectingState,
    };
    const label = fill(taskbar.connection, { state: words[light] + (detail && ` · ${detail}`) });
    this.connection.dataset["light"] = light;
    setAttribute(this.connection, "aria-label", label);
    this.connection.title = label;
  }

  /** Shows these windows, in this order. */
  show(entries: readonly WindowEntry[]): void {
    const tracks = new Set(entries.map(({ track }) => track));
    for (const [track, { element }] of this.shown) {
      if (tracks.has(track)) continue;
      element.remove();
      this.shown.delete(track);
    }
    entries.forEach((entry, index) => {
      const { element } = this.update(entry);
      if (this.entries.children[index] !== element)
        this.entries.insertBefore(element, this.entries.children[index] ?? null);
    });
    setText(this.count, entries.length === 0 ? "" : String(entries.length));
    this.more.disabled = entries.length === 0;
  }

  private update(entry: WindowEntry): Shown {
    const { track, title, active, minimised, urgent, poppedOut } = entry;
    const shown = this.shown.get(track) ?? this.make(track);
    const icon = `${entry.icon} ${entry.appId}`;
    if (shown.icon !== icon) {
      shown.icon = icon;
      shown.element.firstElementChild?.replaceWith(this.icons.element(entry.icon, entry.appId || title));
    }
    setText(shown.title, title);
    const { element } = shown;
    setAttribute(element, "aria-label", urgent ? `${title} (!)` : title);
    setAttribute(element, "aria-pressed", String(active));
    element.title = title;
    const state = { active, minimised, urgent, "popped-out": poppedOut };
    for (const [name, on] of Object.entries(state)) element.classList.toggle(name, on);
    return shown;
  }

  private make(track: TrackId): Shown {
    const title = make("span", { class: "entry-title" });
    const element = button({ class: "entry", children: [make("span"), title] }, () =>
      this.actions.pick(track),
    );
    element.dataset["window"] = String(track);
    const menu = (at: { x: number; y: number }) => this.actions.menu(track, at);
    element.addEventListener("contextmenu", (event) => {
      event.preventDefault();
      menu({ x: event.clientX, y: event.clientY });
    });
    const shown = { element, title, icon: "" };
    this.shown.set(track, shown);
    return shown;
  }

  /** The place of a window's button, for menus and animations. */
  placeOf(track: TrackId): DOMRect | null {
    return this.shown.get(track)?.element.getBoundingClientRect() ?? null;
  }

  private keys(event: KeyboardEvent): void {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    const all = [...this.element.querySelectorAll<HTMLButtonElement>("button:not(:disabled)")].filter(
      (one) => one.offsetParent !== null,
    );
    const at = all.indexOf(document.activeElement as HTMLButtonElement);
    all[(at + step + all.length) % all.length]?.focus();
    event.preventDefault();
  }
}
