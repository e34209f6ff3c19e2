/**
 * The menu of apps: a search field, the session's apps, a command line, and what concerns the whole session.
 */

import { fill, texts } from "../../language";
import { beside, button, make, setLength } from "../widgets/dom";
import { drawSymbol, type SymbolName } from "../widgets/symbols";
import type { App } from "../../api/api";
import type { AppIcons } from "../widgets/app-icons";
import { onMenu } from "../widgets/long-press";
import { nextItem } from "../widgets/menu";
import { search, sections, type Heading } from "../model/choice";
import type { Habits } from "./habits";

export interface StartActions {
  /** Loads the apps anew; rejects if the host does not answer. */
  load(): Promise<App[]>;
  start(app: App): void;
  run(command: string): void;
  /** The menu of one app. */
  menu(app: App, item: HTMLElement, at: { x: number; y: number }): void;
  session(): { label: string; symbol: SymbolName; action: () => void }[];
  /** Whether this viewer may start apps. */
  mayStart(): boolean;
  /** What this browser remembers of the apps of the session in use. */
  habits(): Habits;
  /** The name of the host whose apps these are. */
  host(): string;
  closed(): void;
}

export class Start {
  readonly element: HTMLElement;
  private readonly search: HTMLInputElement;
  private readonly list = make("div", { class: "apps", role: "menu" });
  private readonly empty = make("p", { class: "apps-empty", role: "status" });
  private readonly host = make("p", { class: "start-host" });
  private readonly footer = make("div", { class: "start-session", role: "menu" });
  private readonly command: HTMLInputElement;
  private readonly runRow: HTMLFormElement;
  private apps: App[] | null = null;
  private failed = false;

  constructor(
    parent: HTMLElement,
    private readonly opener: HTMLElement,
    private readonly icons: AppIcons,
    private readonly actions: StartActions,
  ) {
    const { start } = texts;
    this.search = field(start.search, "search");
    this.command = field(start.runLabel, "text");
    this.command.placeholder = start.runHint;
    this.command.maxLength = 4096;
    this.list.setAttribute("aria-label", start.label);
    this.footer.setAttribute("aria-label", start.more);
    this.runRow = make("form", {
      class: "start-run",
      children: [this.command, button({ class: "primary", text: start.runButton }, () => this.runCommand())],
    });
    this.runRow.hidden = true;
    this.runRow.addEventListener("submit", (event) => {
      event.preventDefault();
      this.runCommand();
    });
    const searching = make("label", { class: "search", children: [drawSymbol("search"), this.search] });
    this.element = make("div", {
      class: "start",
      role: "dialog",
      label: start.label,
      children: [searching, this.list, this.empty, this.runRow, this.host, this.footer],
    });
    this.element.hidden = true;
    parent.append(this.element);
    this.search.addEventListener("input", () => this.fillIn());
    this.element.addEventListener("keydown", (event) => this.keys(event));
    document.addEventListener("pointerdown", (event) => this.outside(event), { capture: true });
  }

  get open(): boolean {
    return !this.element.hidden;
  }

  toggle(): void {
    if (this.open) this.close();
    else this.show();
  }

  /** Shows anew what has changed of the apps' order. */
  refresh(): void {
    if (this.open) this.fillIn();
  }

  /** The apps are known before the menu is opened, so that it opens whole. */
  know(apps: App[]): void {
    this.loaded(apps, false);
  }

  private show(): void {
    this.element.hidden = false;
    this.opener.setAttribute("aria-expanded", "true");
    this.search.value = "";
    this.command.value = "";
    this.runRow.hidden = true;
    this.host.textContent = fill(texts.start.host, { host: this.actions.host() });
    this.fillSession();
    this.fillIn();
    // On phones the field would open the soft keyboard over the apps.
    if (matchMedia("(pointer: coarse)").matches) this.element.querySelector<HTMLElement>(".app")?.focus();
    else this.search.focus();
    this.actions.load().then(
      (apps) => this.loaded(apps, false),
      () => this.loaded(this.apps ?? [], true),
    );
  }

  close(): void {
    if (!this.open) return;
    this.element.hidden = true;
    this.opener.setAttribute("aria-expanded", "false");
    this.actions.closed();
  }

  private loaded(apps: App[], failed: boolean): void {
    const same = JSON.stringify(apps) === JSON.stringify(this.apps) && failed === this.failed;
    this.apps = apps;
    this.failed = failed;
    if (!same && this.open) this.fillIn();
  }

  private fillIn(): void {
    const { start } = texts;
    const wanted = this.search.value.trim().toLowerCase();
    const found = wanted === "" ? (this.apps ?? []) : search(this.apps ?? [], wanted);
    const mayStart = this.actions.mayStart();
    // Keys scroll it also where nothing in it can be chosen.
    this.list.tabIndex = mayStart ? -1 : 0;
    const items = wanted === "" ? this.sorted(mayStart) : found.map((app) => this.item(app, mayStart));
    const command = this.search.value.trim();
    if (wanted !== "" && found.length === 0 && mayStart && this.apps !== null)
      items.push(this.runItem(command));
    this.list.replaceChildren(...items);
    if (wanted !== "" && mayStart) this.mark(this.list.querySelector<HTMLElement>("[role=menuitem]"));
    const none = wanted === "" ? start.empty : start.none;
    const text = this.failed ? start.failed : mayStart ? none : start.viewOnly;
    this.empty.textContent = text;
    this.empty.hidden = this.apps === null || (found.length > 0 && mayStart);
    if (wanted === "") this.keepHeight();
  }

  /** All apps under their headings. */
  private sorted(mayStart: boolean): HTMLElement[] {
    const { favourites, recent } = this.actions.habits();
    const all = sections(this.apps ?? [], favourites, recent);
    const heading = (name: Heading) =>
      make("h2", { class: "apps-heading", role: "presentation", text: texts.start.headings[name] });
    return all.flatMap(({ heading: name, apps }) => [
      // One without a name after others is all the rest.
      ...(name !== null ? [heading(name)] : all.length > 1 ? [heading("other")] : []),
      ...apps.map((app) => this.item(app, mayStart)),
    ]);
  }

  /** The hit that Enter starts. */
  private mark(hit: HTMLElement | null): void {
    if (hit === null) return;
    hit.classList.add("hit");
    hit.append(beside("kbd", "Enter"));
  }

  private runItem(command: string): HTMLElement {
    const label = fill(texts.start.runThis, { command });
    return button(
      {
        ...{ class: "app", role: "menuitem", label },
        children: [
          make("span", { class: "icon", children: [drawSymbol("run")] }),
          make("span", { class: "app-words", children: [make("span", { class: "app-name", text: label })] }),
        ],
      },
      () => {
        this.close();
        this.actions.run(command);
      },
    );
  }

  /** The menu stands on the bar: searching must not move what is above its list. */
  private keepHeight(): void {
    setLength(this.element, "--kept", 0);
    setLength(this.element, "--kept", this.element.offsetHeight);
  }

  private item(app: App, enabled: boolean): HTMLElement {
    const { id, name, comment, icon } = app;
    const words = [make("span", { class: "app-name", text: name })];
    if (comment !== "" && comment !== name) words.push(beside("span", comment, { class: "app-comment" }));
    const item = button(
      {
        class: "app",
        role: "menuitem",
        label: name,
        data: { app: id },
        children: [this.icons.element(icon, name), make("span", { class: "app-words", children: words })],
      },
      () => {
        this.close();
        this.actions.start(app);
      },
    );
    if (comment !== "") item.setAttribute("aria-description", comment);
    item.disabled = !enabled;
    onMenu(item, (at) => this.actions.menu(app, item, at));
    return item;
  }

  private fillSession(): void {
    const { start } = texts;
    const run = { label: start.run, symbol: "run" as const, action: () => this.openRun() };
    const items = [...(this.actions.mayStart() ? [run] : []), ...this.actions.session()];
    this.footer.replaceChildren(
      ...items.map((item) =>
        button(
          {
            class: "session-item",
            role: "menuitem",
            label: item.label,
            children: [drawSymbol(item.symbol), make("span", { text: item.label })],
          },
          () => {
            if (item !== run) this.close();
            item.action();
          },
        ),
      ),
    );
  }

  private openRun(): void {
    this.runRow.hidden = false;
    this.command.focus();
  }

  private runCommand(): void {
    const command = this.command.value.trim();
    if (command === "") return this.command.focus();
    this.close();
    this.actions.run(command);
  }

  private keys(event: KeyboardEvent): void {
    if (event.key === "Escape") {
      event.preventDefault();
      this.close();
      return;
    }
    const writing = event.target instanceof HTMLInputElement;
    if (writing && event.target === this.search && event.key === "Enter") {
      event.preventDefault();
      this.list.querySelector<HTMLElement>(".app:not(:disabled)")?.click();
      return;
    }
    if (writing && !["ArrowDown", "ArrowUp"].includes(event.key)) return;
    const items = [...this.element.querySelectorAll<HTMLElement>("[role=menuitem]:not(:disabled)")];
    const next = nextItem(items, document.activeElement, arrows(event.key));
    if (next === null) return;
    event.preventDefault();
    next.focus();
  }

  private outside({ target }: Event): void {
    const within = (element: HTMLElement) => element.contains(target as Node);
    const inMenu = target instanceof Element && target.closest(".menu") !== null;
    if (this.open && !inMenu && !within(this.element) && !within(this.opener)) this.close();
  }
}

/** Beside each other stand only icons on phones, and there the next one is to the right. */
function arrows(key: string): string {
  return key === "ArrowRight" ? "ArrowDown" : key === "ArrowLeft" ? "ArrowUp" : key;
}

function field(label: string, type: "search" | "text"): HTMLInputElement {
  const input = make("input", { label });
  input.type = type;
  input.placeholder = label;
  input.autocomplete = "off";
  input.spellcheck = false;
  input.setAttribute("autocapitalize", "off");
  return input;
}

/** What the list says about an app that could not be started. */
export function notStarted(name: string, reason: string): string {
  return fill(texts.start.notStarted, { name, reason });
}
