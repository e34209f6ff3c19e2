/** The panel of files: what is in the inbox and the home, fetching it, and what is being brought. */

import type { FileEntry, Files, Place } from "../../api/files";
import { fill, texts } from "../../language";
import { button, make, setAttribute, setText } from "../widgets/dom";
import { openSheet } from "../widgets/sheet";
import type { Transfer, Transfers } from "./transfers";

/** Opens the panel; `closed` is told when it is gone. What is being brought goes on. */
export function openFiles(
  parent: HTMLElement,
  files: Pick<Files, "list" | "address">,
  transfers: Transfers,
  closed: () => void,
): void {
  const folder = new FolderList(files);
  const bringing = new TransferList(transfers);
  const input = make("input", { attributes: { type: "file", multiple: "", tabindex: "-1" } });
  input.hidden = true;
  input.addEventListener("change", () => {
    const chosen = [...(input.files ?? [])].map((file) => ({ file, path: file.name }));
    input.value = "";
    void transfers.bring(chosen).then(() => folder.refresh());
  });
  const { files: names, panel } = texts;
  const sheet = openSheet(
    parent,
    names.title,
    [
      make("p", { text: names.hint }),
      ...[folder.element, bringing.element, input],
      make("div", {
        class: "sheet-buttons sheet-end",
        children: [
          button({ class: "primary", text: names.upload }, () => input.click()),
          button({ text: panel.close }, () => sheet.close()),
        ],
      }),
    ],
    () => {
      bringing.stop();
      closed();
    },
  );
  void folder.show("inbox", []);
}

class FolderList {
  readonly element = make("section", { class: "files" });
  private readonly places = make("div", { class: "sheet-buttons", role: "group", label: texts.files.place });
  private readonly path = make("nav", { class: "files-path", label: texts.files.path });
  private readonly list = make("ul", { class: "share-list", label: texts.files.content });
  private readonly said = make("p", { class: "sheet-said", role: "status" });
  private place: Place = "inbox";
  private names: readonly string[] = [];
  private asked = 0;

  constructor(private readonly files: Pick<Files, "list" | "address">) {
    for (const place of ["inbox", "home"] as const)
      this.places.append(
        button({ text: texts.files[place], data: { place } }, () => void this.show(place, [])),
      );
    this.element.append(this.places, this.path, this.list, this.said);
  }

  refresh(): Promise<void> {
    return this.show(this.place, this.names);
  }

  async show(place: Place, names: readonly string[]): Promise<void> {
    const number = ++this.asked;
    try {
      const { entries, more } = await this.files.list(place, names);
      if (number !== this.asked) return;
      const within =
        this.element.contains(document.activeElement) && !this.places.contains(document.activeElement);
      [this.place, this.names] = [place, names];
      for (const one of this.places.children)
        setAttribute(one, "aria-pressed", String((one as HTMLElement).dataset["place"] === place));
      this.showPath();
      const shown = entries.filter(({ name }) => !name.startsWith("."));
      this.list.replaceChildren(...shown.map((entry) => this.line(entry)));
      this.list.hidden = shown.length === 0;
      setText(this.said, more ? texts.files.more : shown.length === 0 ? texts.files.empty : "");
      // What had the focus was shown anew.
      if (within && !this.element.contains(document.activeElement))
        (this.path.querySelector("button") ?? this.list.querySelector<HTMLElement>("button, a"))?.focus();
    } catch (error) {
      if (number !== this.asked) return;
      setText(this.said, fill(texts.files.notShown, { reason: (error as Error).message }));
    }
  }

  /** The folders above this one, and back to each. */
  private showPath(): void {
    this.path.hidden = this.names.length === 0;
    this.path.replaceChildren(
      ...[texts.files[this.place], ...this.names].map((name, depth) =>
        depth === this.names.length
          ? make("span", { text: name, attributes: { "aria-current": "true" } })
          : button({ text: name }, () => void this.show(this.place, this.names.slice(0, depth))),
      ),
    );
  }

  private line(entry: FileEntry): HTMLElement {
    const { name, kind, size } = entry;
    const path = [...this.names, name];
    const words = make("div", {
      children: [
        make("strong", { text: name }),
        make("span", { text: kind === "file" ? bytes(size) : texts.files[kind] }),
      ],
    });
    const line = make("li", { children: [words] });
    if (kind === "folder") {
      const label = fill(texts.files.openIt, { name });
      const open = { class: "share-end", text: texts.files.open, label };
      line.append(button(open, () => void this.show(this.place, path)));
    } else if (kind === "file") {
      const label = fill(texts.files.fetchIt, { name });
      const link = make("a", { class: "share-end files-fetch", text: texts.files.fetch, label });
      link.href = this.files.address(this.place, path);
      link.download = name;
      line.append(link);
    }
    return line;
  }
}

/** What is being brought, and what has come of it. */
class TransferList {
  readonly element = make("section", { class: "share-people" });
  private readonly list = make("ul", { class: "share-list", label: texts.files.transfers });
  private readonly lines = new Map<Transfer, HTMLElement>();
  readonly stop: () => void;

  constructor(private readonly transfers: Transfers) {
    const clear = button({ class: "files-clear", text: texts.files.clear }, () => {
      this.transfers.clear();
      this.element.closest("dialog")?.querySelector<HTMLElement>(".sheet-end button")?.focus();
    });
    this.element.append(make("h3", { text: texts.files.transfers }), this.list, clear);
    this.stop = transfers.listen(() => this.show());
    this.show();
  }

  private show(): void {
    const { all } = this.transfers;
    this.element.hidden = all.length === 0;
    for (const [transfer, line] of this.lines)
      if (!all.includes(transfer)) {
        line.remove();
        this.lines.delete(transfer);
      }
    for (const transfer of all) {
      let line = this.lines.get(transfer);
      if (line === undefined) {
        line = this.begin(transfer);
        this.lines.set(transfer, line);
        this.list.append(line);
      }
      this.update(line, transfer);
    }
  }

  private begin(transfer: Transfer): HTMLElement {
    const bar = make("progress", { label: transfer.name });
    const words = make("div", { children: [make("strong", { text: transfer.name }), bar, make("span")] });
    const label = fill(texts.files.cancelIt, { name: transfer.name });
    const cancel = button({ class: "share-end", text: texts.files.cancel, label }, () => transfer.cancel());
    return make("li", { children: [words, cancel] });
  }

  private update(line: HTMLElement, { arrived, size, state, why, path }: Transfer): void {
    const { files: names } = texts;
    const bar = line.querySelector("progress");
    const said = line.querySelector("span");
    const over = state !== "waiting" && state !== "running";
    if (bar !== null) {
      bar.max = Math.max(size, 1);
      bar.value = state === "done" ? bar.max : arrived;
      bar.hidden = over;
    }
    const text = {
      waiting: () => names.waiting,
      running: () => fill(names.progress, { arrived: bytes(arrived), size: bytes(size) }),
      done: () => fill(names.done, { path: path.join("/") }),
      cancelled: () => names.cancelled,
      failed: () => fill(names.failed, { reason: why }),
    };
    if (said !== null) setText(said, text[state]());
    const cancel = line.querySelector("button");
    if (cancel === null || cancel.hidden === over) return;
    const focused = cancel === document.activeElement;
    cancel.hidden = over;
    if (focused) this.element.querySelector<HTMLElement>(".files-clear")?.focus();
  }
}

/** A length for people. */
export function bytes(n: number): string {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];
  const power = Math.min(Math.floor(Math.log10(Math.max(n, 1)) / 3), units.length - 1);
  return new Intl.NumberFormat(document.documentElement.lang, {
    ...{ style: "unit", unit: units[power] as string, unitDisplay: power === 0 ? "long" : "short" },
    maximumFractionDigits: power < 2 ? 0 : 1,
  }).format(n / 1000 ** power);
}
