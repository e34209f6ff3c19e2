/**
 * A dialog that makes a link for another device; owners also see who is here by which links, and end those.
 */

import { fill, texts } from "../../language";
import type { Role } from "../../protocol/types";
import { button, make } from "../widgets/dom";
import { openSheet } from "../widgets/sheet";
import { People, type PeopleApi } from "./people";
import type { Api } from "../../api/api";

/** Opens the dialog; it is gone when it is closed, and `closed` is told. */
export function openShare(
  parent: HTMLElement,
  api: Pick<Api, "share"> & PeopleApi,
  closed: () => void = () => {},
): void {
  const { share, panel } = texts;
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
  const copying = make("div", { class: "sheet-buttons", children: [copy] });
  copying.hidden = true;
  const people = new People(api, (text) => (said.textContent = text));
  const issue = async (role: Role): Promise<void> => {
    said.textContent = "";
    try {
      address.value = await api.share(role);
      address.hidden = copying.hidden = false;
      copy.focus();
      void people.refresh();
    } catch (error) {
      said.textContent = fill(share.failed, { reason: (error as Error).message });
    }
  };
  const sheet = openSheet(
    parent,
    share.title,
    [
      make("p", { text: share.hint }),
      make("div", {
        class: "sheet-buttons",
        children: [
          button({ text: share.control }, () => void issue("control")),
          button({ text: share.view }, () => void issue("view")),
        ],
      }),
      ...[address, copying, said, people.element],
      make("div", {
        class: "sheet-buttons sheet-end",
        children: [button({ text: panel.close }, () => sheet.close())],
      }),
    ],
    () => {
      people.stop();
      closed();
    },
  );
  people.follow();
}
