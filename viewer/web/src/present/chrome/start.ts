/** The menu of apps: a search field, the session's apps, a command line, and what concerns the whole session. */

import { fill, texts } from "../../language";
import { button, make, setLength } from "../widgets/dom";
import { drawSymbol, type SymbolName } from "../widgets/symbols";
import type { App } from "../../api/api";
import type { AppIcons } from "../widgets/app-icons";
import { nextItem } from "../widgets/menu";

export interface StartActions {
  /** Loads the apps anew; rejects if the host does not answer. */
  load(): Promise<App[]>;
  start(app: App): void;
  run(command: string): void;
  session(): { label: string; symbol: SymbolName; action: () => void }[];
  /** Whether this viewer may start apps. */
  mayStart(): boolean;
  closed(): void;
}

export class Start {
  readonly element: HTMLElement;
  private readonly search: HTMLInputElement;
  private readonly list = make("div", { class: "apps", role: "menu" });
  private readonly empty = make("p", { class: "apps-empty", role: "status" });
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
      children: [searching, this.list, this.empty, this.runRow, this.footer],
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
    const found = search(this.apps ?? [], wanted);
    const mayStart = this.actions.mayStart();
    this.list.replaceChildren(...found.map((app) => this.item(app, mayStart)));
    const none = wanted === "" ? start.empty : start.none;
    const text = this.failed ? start.failed : mayStart ? none : start.viewOnly;
    this.empty.textContent = text;
    this.empty.hidden = this.apps === null || (found.length > 0 && mayStart);
    if (wanted === "") this.keepHeight();
  }

  /** The menu stands on the bar: searching must not move what is above its list. */
  private keepHeight(): void {
    setLength(this.element, "--kept", 0);
    setLength(this.element, "--kept", this.element.offsetHeight);
  }

  private item({ id, name, comment, icon, categories }: App, enabled: boolean): HTMLElement {
    const words = [make("span", { class: "app-name", text: name })];
    if (comment !== "" && comment !== name) words.push(make("span", { class: "app-comment", text: comment }));
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
        this.actions.start({ id, name, comment, icon, categories });
      },
    );
    item.disabled = !enabled;
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
    if (this.open && !within(this.element) && !within(this.opener)) this.close();
  }
}

/** Beside each other stand only icons on phones, and there the next one is to the right. */
function arrows(key: string): string {
  return key === "ArrowRight" ? "ArrowDown" : key === "ArrowLeft" ? "ArrowUp" : key;
}

/** The apps that match, best first: names that begin with it, then words that do, then all else that has it. */
export function search(apps: readonly App[], wanted: string): App[] {
  if (wanted === "") return [...apps];
  const rank = ({ id, name, comment }: App): number => {
    const own = name.toLowerCase();
    if (own.startsWith(wanted)) return 0;
    if (own.split(/[\s-]+/).some((word) => word.startsWith(wanted))) return 1;
    return `${own} ${id} ${comment}`.toLowerCase().includes(wanted) ? 2 : 3;
  };
  return apps
    .map((app) => ({ app, at: rank(app) }))
    .filter(({ at }) => at < 3)
    .sort((a, b) => a.at - b.at)
    .map(({ app }) => app);
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
