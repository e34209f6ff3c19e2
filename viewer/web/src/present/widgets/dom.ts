/**
 * Building elements: by calls only, since the page's policy knows no markup in scripts and no inline style.
 */

export interface Parts {
  class?: string;
  role?: string;
  /** The accessible name. */
  label?: string;
  /** Shown when the pointer rests. */
  title?: string;
  text?: string;
  /** Other attributes. */
  attributes?: Record<string, string>;
  data?: Record<string, string>;
  children?: (Node | null)[];
  document?: Document;
}

/** Makes an element. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  parts: Parts = {},
): HTMLElementTagNameMap[K] {
  const element = (parts.document ?? document).createElement(tag);
  if (parts.class !== undefined) element.className = parts.class;
  if (parts.role !== undefined) element.setAttribute("role", parts.role);
  if (parts.label !== undefined) element.setAttribute("aria-label", parts.label);
  if (parts.title !== undefined) element.title = parts.title;
  if (parts.text !== undefined) element.textContent = parts.text;
  for (const [name, value] of Object.entries(parts.attributes ?? {})) element.setAttribute(name, value);
  Object.assign(element.dataset, parts.data ?? {});
  for (const child of parts.children ?? []) if (child !== null) element.append(child);
  return element;
}

/**
 * Something that people who look read beside a name. It is drawn by the style sheet, so that what they see as
 * the name of a button is the name that it has.
 */
export function beside(tag: "kbd" | "span", text: string, parts: Parts = {}): HTMLElement {
  return make(tag, { ...parts, data: { ...parts.data, beside: text } });
}

/** Makes a button that does something. */
export function button(parts: Parts, action: (event: MouseEvent) => void): HTMLButtonElement {
  const element = make("button", parts);
  element.type = "button";
  element.addEventListener("click", action);
  return element;
}

/** Sets a text only if it is new: writing the same text disturbs screen readers and layout. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** Sets an attribute only if it is new, or takes it away. */
export function setAttribute(element: Element, name: string, value: string | null): void {
  if (value === null) element.removeAttribute(name);
  else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/** Sets a length in CSS pixels. */
export function setLength(element: HTMLElement, property: string, pixels: number): void {
  const value = `${pixels}px`;
  if (element.style.getPropertyValue(property) !== value) element.style.setProperty(property, value);
}
