/**
 * A menu of the desk: by pointer, finger or keyboard. One is open at a time; closing it gives the focus back.
 */

import { beside, button, make, setLength } from "./dom";
import { drawSymbol, type SymbolName } from "./symbols";

export interface Item {
  label: string;
  symbol?: SymbolName;
  /** A shortcut or the like, in small. */
  hint?: string;
  checked?: boolean;
  disabled?: boolean;
  /** What it does, or the items of a menu in its place. */
  action: (() => void) | (Item | "line")[];
}

export type Items = readonly (Item | "line")[];

interface Open {
  element: HTMLElement;
  close(): void;
}

let open: Open | null = null;

/** Closes the open menu, if there is one. */
export function closeMenu(): void {
  open?.close();
}

export function menuIsOpen(): boolean {
  return open !== null;
}

/** Opens a menu near a place of the viewport. `closed` is told when it is gone, before an item acts. */
export function openMenu(
  owner: Document,
  label: string,
  items: Items,
  at: { x: number; y: number },
  closed: () => void = () => {},
): void {
  closeMenu();
  const back = owner.activeElement;
  const listening = new AbortController();
  const element = make("div", { class: "menu", role: "menu", label, document: owner });
  // All of a page is in places that have names.
  const place = make("div", { role: "region", label, children: [element], document: owner });
  const close = (): void => {
    if (open?.element !== element) return;
    open = null;
    listening.abort();
    place.remove();
    closed();
    if (back instanceof (owner.defaultView ?? window).HTMLElement && back.isConnected)
      back.focus({ preventScroll: true });
  };
  open = { element, close };
  owner.body.append(place);
  fillIn(element, items, at, close);
  element.addEventListener("keydown", (event) => keys(event, element, close));
  element.addEventListener("contextmenu", (event) => event.preventDefault());
  const outside = (event: Event): void => {
    if (!element.contains(event.target as Node)) close();
  };
  const { signal } = listening;
  owner.addEventListener("pointerdown", outside, { capture: true, signal });
  owner.addEventListener("focusin", outside, { signal });
  owner.defaultView?.addEventListener("blur", close, { signal });
  owner.defaultView?.addEventListener("resize", close, { signal });
}

function fillIn(element: HTMLElement, items: Items, at: { x: number; y: number }, close: () => void): void {
  const owner = element.ownerDocument;
  element.replaceChildren(
    ...items.map((item) =>
      item === "line"
        ? make("div", { class: "menu-line", role: "separator", document: owner })
        : entry(item, element, at, close),
    ),
  );
  keepInside(element, at);
  element.querySelector<HTMLElement>("[role^=menuitem]:not(:disabled)")?.focus({ preventScroll: true });
}

function entry(
  item: Item,
  element: HTMLElement,
  at: { x: number; y: number },
  close: () => void,
): HTMLElement {
  const owner = element.ownerDocument;
  const { action } = item;
  const sub = Array.isArray(action);
  const made = button(
    {
      class: "menu-item",
      role: item.checked === undefined ? "menuitem" : "menuitemcheckbox",
      label: item.label,
      document: owner,
      children: [
        item.symbol === undefined
          ? make("span", { class: "symbol", document: owner })
          : drawSymbol(item.symbol, owner),
        make("span", { class: "menu-label", text: item.label, document: owner }),
        item.hint === undefined ? null : beside("kbd", item.hint, { document: owner }),
        sub ? beside("span", "›", { class: "menu-more", document: owner }) : null,
      ],
    },
    () => {
      if (sub) return fillIn(element, action, at, close);
      close();
      action();
    },
  );
  if (item.hint !== undefined) made.setAttribute("aria-description", item.hint);
  if (sub) made.setAttribute("aria-haspopup", "menu");
  if (item.checked !== undefined) made.setAttribute("aria-checked", String(item.checked));
  made.disabled = item.disabled === true;
  made.addEventListener("pointermove", () => made.focus({ preventScroll: true }));
  return made;
}

function keepInside(element: HTMLElement, at: { x: number; y: number }): void {
  const { offsetWidth: w, offsetHeight: h } = element;
  const { innerWidth, innerHeight } = element.ownerDocument.defaultView ?? window;
  const room = { w: innerWidth, h: innerHeight };
  // A menu that has no room below opens upwards.
  const y = at.y + h <= room.h - 4 ? at.y : at.y - h >= 4 ? at.y - h : room.h - h - 4;
  setLength(element, "left", Math.round(Math.max(Math.min(at.x, room.w - w - 4), 4)));
  setLength(element, "top", Math.round(Math.max(y, 4)));
}

function keys(event: KeyboardEvent, element: HTMLElement, close: () => void): void {
  const items = [...element.querySelectorAll<HTMLElement>("[role^=menuitem]:not(:disabled)")];
  if (event.key === "Escape" || event.key === "Tab") {
    event.preventDefault();
    return close();
  }
  const next = nextItem(items, element.ownerDocument.activeElement, event.key);
  if (next === null) return;
  event.preventDefault();
  next.focus();
}

/** Which item a key leads to: arrows go around, letters to the next that begins with it. */
export function nextItem(items: HTMLElement[], now: Element | null, key: string): HTMLElement | null {
  if (items.length === 0) return null;
  const at = items.indexOf(now as HTMLElement);
  const around = (index: number) => items[(index + items.length) % items.length] ?? null;
  if (key === "ArrowDown") return around(at + 1);
  if (key === "ArrowUp") return around(at < 0 ? -1 : at - 1);
  if (key === "Home") return around(0);
  if (key === "End") return around(-1);
  if (key.length !== 1 || key === " ") return null;
  const after = [...items.slice(at + 1), ...items.slice(0, at + 1)];
  const begins = (item: HTMLElement) =>
    (item.getAttribute("aria-label") ?? item.textContent ?? "").toLowerCase().startsWith(key.toLowerCase());
  return after.find(begins) ?? null;
}
