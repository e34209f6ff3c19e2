/**
 * The bar at the edge: apps, one button for each window, the connection. On phones it holds what fingers
 * need.
 */

import { fill, texts } from "../../language";
import type { TrackId } from "../../protocol/types";
import { button, make, setAttribute, setText } from "../widgets/dom";
import { onMenu } from "../widgets/long-press";
import { drawSymbol, type SymbolName } from "../widgets/symbols";
import { arrangeBar } from "../model/bar";
import type { BarPreview } from "./bar-preview";
import type { Launch } from "../model/launches";
import type { Card } from "../window/cards";
import type { AppIcons } from "../widgets/app-icons";

/** One window in the bar. */
export type WindowEntry = Card;

export interface TaskbarActions {
  apps(): void;
  windows(): void;
  keyboard(): void;
  more(): void;
  connection(): void;
  pick(track: TrackId): void;
  menu(track: TrackId, at: { x: number; y: number }): void;
  /** The user chooses one of several windows. */
  choose(entries: readonly WindowEntry[], label: string, at: { x: number; y: number }): void;
}

interface Shown {
  element: HTMLButtonElement;
  title: HTMLElement;
  /** How many windows it stands for, if there are several. */
  count: HTMLElement;
  group: readonly WindowEntry[];
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
  /** By window, or by app where a button stands for several windows. */
  private readonly shown = new Map<string, Shown>();
  private readonly starting = make("div", { class: "starting-apps", role: "status" });
  private readonly rest: HTMLButtonElement;
  private newest: readonly WindowEntry[] = [];

  constructor(
    private readonly actions: TaskbarActions,
    private readonly icons: AppIcons,
    private readonly preview: BarPreview,
  ) {
    const { taskbar } = texts;
    const tool = (label: string, name: SymbolName, action: () => void, kind: string) =>
      button(
        {
          class: `bar-button ${kind}`,
          label,
          title: label,
          children: [drawSymbol(name), make("span", { class: "bar-label", text: label })],
        },
        action,
      );
    this.apps = tool(taskbar.apps, "dormer", actions.apps, "bar-apps");
    this.apps.setAttribute("aria-haspopup", "dialog");
    this.apps.setAttribute("aria-expanded", "false");
    this.windows = tool(taskbar.windows, "windows", actions.windows, "only-compact");
    this.windows.append(this.count);
    const keyboard = tool(taskbar.keyboard, "keyboard", actions.keyboard, "for-fingers bar-keyboard");
    // The soft keyboard opens only if the field keeps the focus that this press would take.
    keyboard.addEventListener("mousedown", (event) => event.preventDefault());
    this.more = tool(taskbar.more, "more", actions.more, "only-compact");
    this.more.setAttribute("aria-haspopup", "menu");
    this.connection = button(
      { class: "bar-button bar-connection", children: [drawSymbol("signal")] },
      actions.connection,
    );
    this.entries.setAttribute("aria-label", taskbar.windows);
    this.rest = button({ class: "entry entry-rest", text: "" }, () => {});
    new ResizeObserver(() => this.lay()).observe(this.entries);
    this.element = make("nav", {
      class: "taskbar",
      label: taskbar.label,
      children: [this.apps, this.windows, this.entries, this.starting, keyboard, this.more, this.connection],
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
    const changed = (light === "reconnecting") !== (this.connection.dataset["light"] === "reconnecting");
    this.connection.dataset["light"] = light;
    if (changed) this.connection.replaceChildren(drawSymbol(light === "reconnecting" ? "offline" : "signal"));
    setAttribute(this.connection, "aria-label", label);
    this.connection.title = label;
  }

  /** Shows these windows, in this order. */
  show(entries: readonly WindowEntry[]): void {
    this.newest = entries;
    this.lay();
    setAttribute(this.count, "data-beside", entries.length === 0 ? null : String(entries.length));
    this.more.disabled = entries.length === 0;
  }

  /** Shows apps that were started and have no window yet. */
  await(launches: readonly Launch[]): void {
    const known = [...this.starting.children].map((child) => (child as HTMLElement).dataset["launch"]);
    if (known.join() === launches.map(({ id }) => id).join()) return;
    this.starting.replaceChildren(
      ...launches.map(({ id, name, icon }) =>
        make("div", {
          class: "entry starting",
          title: fill(texts.start.starting, { name }),
          data: { launch: String(id) },
          children: [
            this.icons.element(icon, name),
            make("span", { class: "entry-title", text: fill(texts.start.starting, { name }) }),
          ],
        }),
      ),
    );
  }

  /** Puts the buttons into the room that there is. */
  private lay(): void {
    const { titles, shown, rest } = arrangeBar(this.newest, this.entries.clientWidth);
    const keys = new Set(shown.map(keyOf));
    for (const [key, { element }] of this.shown) {
      if (keys.has(key)) continue;
      element.remove();
      this.shown.delete(key);
    }
    shown.forEach((group, index) => {
      const { element } = this.update(group);
      if (this.entries.children[index] !== element)
        this.entries.insertBefore(element, this.entries.children[index] ?? null);
    });
    this.preview.settle();
    this.entries.classList.toggle("icons-only", !titles);
    this.showRest(rest.flat());
  }

  /** A button for what has no room. */
  private showRest(rest: WindowEntry[]): void {
    if (rest.length === 0) return this.rest.remove();
    const label = fill(texts.taskbar.moreWindows, { n: rest.length });
    setText(this.rest, `+${rest.length}`);
    setAttribute(this.rest, "aria-label", label);
    this.rest.onclick = () => this.actions.choose(rest, label, above(this.rest));
    if (this.entries.lastElementChild !== this.rest) this.entries.append(this.rest);
  }

  private update(group: WindowEntry[]): Shown {
    const [first] = group as [WindowEntry];
    const key = keyOf(group);
    const shown = this.shown.get(key) ?? this.make(key);
    const icon = `${first.icon} ${first.appId}`;
    if (shown.icon !== icon) {
      shown.icon = icon;
      shown.element.firstElementChild?.replaceWith(
        this.icons.element(first.icon, first.appId || first.title),
      );
    }
    shown.group = group;
    const any = (is: (entry: WindowEntry) => boolean) => group.some(is);
    const several = fill(texts.taskbar.several, { app: nameOf(first), n: group.length });
    const title = group.length > 1 ? several : first.title;
    setText(shown.title, group.length > 1 ? nameOf(first) : title);
    setAttribute(shown.count, "data-beside", group.length > 1 ? String(group.length) : null);
    const { element } = shown;
    const urgent = any((entry) => entry.urgent);
    setAttribute(element, "aria-label", urgent ? `${title} (!)` : title);
    setAttribute(element, "aria-pressed", String(any((entry) => entry.active)));
    setAttribute(element, "aria-haspopup", group.length > 1 ? "menu" : null);
    setAttribute(element, "data-window", group.length > 1 ? null : String(first.track));
    const state = {
      active: any((entry) => entry.active),
      minimised: group.every((entry) => entry.minimised),
      urgent,
      "popped-out": group.every((entry) => entry.poppedOut),
    };
    for (const [name, on] of Object.entries(state)) element.classList.toggle(name, on);
    return shown;
  }

  private make(key: string): Shown {
    const title = make("span", { class: "entry-title" });
    const count = make("span", { class: "entry-count" });
    const act = (): void => {
      const [first] = shown.group;
      if (first === undefined) return;
      if (shown.group.length === 1) this.actions.pick(first.track);
      else this.actions.choose(shown.group, shown.element.ariaLabel ?? "", above(shown.element));
    };
    const element = button({ class: "entry", children: [make("span"), title, count] }, act);
    onMenu(element, (at) => {
      const [first] = shown.group;
      if (shown.group.length > 1) return act();
      if (first !== undefined) this.actions.menu(first.track, at);
    });
    const shown: Shown = { element, title, count, icon: "", group: [] };
    this.preview.listen(element, () => shown.group);
    this.shown.set(key, shown);
    return shown;
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

function keyOf(group: readonly WindowEntry[]): string {
  const [first] = group;
  return group.length > 1 ? `app ${first?.appId}` : `window ${first?.track}`;
}

/** What windows of one app are called together. */
function nameOf({ appId, title }: WindowEntry): string {
  return appId.slice(appId.lastIndexOf(".") + 1) || title;
}

/** Where a menu opens that stands on a button. */
function above(element: HTMLElement): { x: number; y: number } {
  const { left, top } = element.getBoundingClientRect();
  return { x: left, y: top - 4 };
}
