/** A dialog that makes a link for another device. */

import { fill, texts } from "../../language";
import type { Role } from "../../protocol/types";
import { button, make } from "../widgets/dom";
import type { Api } from "../../api/api";

/** Opens the dialog; it is gone when it is closed. */
export function openShare(parent: HTMLElement, api: Pick<Api, "share">): void {
  const { share, panel } = texts;
  const dialog = make("dialog", { class: "sheet", label: share.title });
  const address = make("input", { class: "share-link", label: share.address });
  address.readOnly = true;
  address.hidden = true;
  address.addEventListener("focus", () => address.select());
  const said = make("p", { class: "sheet-said", role: "status" });
  const copy = button({ class: "primary", text: share.copy }, () => {
    void navigator.clipboard?.writeText(address.value).then(
      () => (said.textContent = share.copied),
      // Where copying is not allowed the link can still be selected.
      () => address.select(),
    );
  });
  copy.hidden = true;
  const issue = async (role: Role): Promise<void> => {
    said.textContent = "";
    try {
      address.value = await api.share(role);
      address.hidden = copy.hidden = false;
      copy.focus();
    } catch (error) {
      said.textContent = fill(share.failed, { reason: (error as Error).message });
    }
  };
  dialog.append(
    make("h2", { text: share.title }),
    make("p", { text: share.hint }),
    make("div", {
      class: "sheet-buttons",
      children: [
        button({ text: share.control }, () => void issue("control")),
        button({ text: share.view }, () => void issue("view")),
      ],
    }),
    address,
    said,
    make("div", {
      class: "sheet-buttons sheet-end",
      children: [copy, button({ text: panel.close }, () => dialog.close())],
    }),
  );
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close());
  parent.append(dialog);
  dialog.showModal();
}
