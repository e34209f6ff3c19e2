/** A field into which somebody pastes a link, where the page cannot go on without one. */

import { texts } from "../../language";
import { button, make } from "../widgets/dom";

/**
 * The address to go to, if a text is a link to a session; null if not. Links in messages often have words
 * around them.
 */
export function linkIn(text: string): URL | null {
  const [found] = /https?:\/\/[^\s<>"“”]+/.exec(text) ?? [];
  if (found === undefined) return null;
  try {
    const link = new URL(found);
    return new URLSearchParams(link.hash.slice(1)).get("ticket") ? link : null;
  } catch {
    return null;
  }
}

export function linkField(): HTMLElement {
  const { entering } = texts;
  const input = make("input", { class: "entering-link", label: entering.paste });
  input.type = "text";
  input.placeholder = entering.paste;
  input.autocomplete = "off";
  input.spellcheck = false;
  const said = make("p", { class: "entering-detail", role: "status" });
  const go = (): void => {
    const link = linkIn(input.value);
    if (link === null) {
      said.textContent = entering.notALink;
      input.focus();
      return;
    }
    location.href = link.href;
    // Where only what follows the `#` differs, the browser would stay.
    if (link.origin === location.origin && link.pathname === location.pathname) location.reload();
  };
  const form = make("form", {
    class: "entering-paste",
    children: [input, button({ class: "primary", text: entering.open }, go), said],
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    go();
  });
  return form;
}
