/** A dialog of the page: modal, gone when it is closed; Escape and a press beside it close it. */

import { button, make } from "./dom";

export interface Sheet {
  dialog: HTMLDialogElement;
  close(): void;
}

/** Opens a dialog with these parts; `closed` is told when it is gone. */
export function openSheet(
  parent: HTMLElement,
  title: string,
  parts: (Node | null)[],
  closed: () => void = () => {},
): Sheet {
  const dialog = make("dialog", { class: "sheet", label: title });
  dialog.append(make("h2", { text: title }), ...parts.filter((part) => part !== null));
  dialog.addEventListener("close", () => {
    dialog.remove();
    closed();
  });
  dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close());
  parent.append(dialog);
  dialog.showModal();
  return { dialog, close: () => dialog.close() };
}

/** The row of buttons at a dialog's foot. The first is what Enter does, unless the focus is elsewhere. */
export function buttons(...all: { text: string; primary?: boolean; act: () => void }[]): HTMLElement {
  return make("div", {
    class: "sheet-buttons sheet-end",
    children: all.map(({ text, primary, act }) => button({ class: primary ? "primary" : "", text }, act)),
  });
}
