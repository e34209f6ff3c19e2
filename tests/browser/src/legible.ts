/** What of a page's text cannot be read, as it is shown: cut off, out of sight, or under other text. */

import type { Page } from "./browsers/browser";

/** The surfaces of the page; what stands on one may lie over another. */
const SURFACES = [
  ...[".start", ".menu", ".sheet", ".panel", ".taskbar", ".entering", ".switcher", ".keys", ".cycle"],
  ...[".unresponsive", ".titlebar", ".toast", ".banner", ".empty-desk"],
].join(",");

/** All faults now, in words. */
export function illegible(page: Page): Promise<string[]> {
  return page.evaluate((surfaces: string) => {
    type Rect = { left: number; top: number; right: number; bottom: number };
    const name = ({ className, textContent: text }: Element) => `${className} “${(text ?? "").slice(0, 30)}”`;
    const scrolls = (element: Element) => /auto|scroll/.test(getComputedStyle(element).overflow);
    const own = (element: Element) =>
      [...element.childNodes].some((node) => node.nodeType === 3 && (node.textContent ?? "").trim() !== "");
    const area = (element: Element): DOMRect => {
      const range = document.createRange();
      range.selectNodeContents(element);
      return range.getBoundingClientRect();
    };
    /** What of a place its ancestors do not clip. */
    const seen = (element: Element): Rect => {
      let { left, top, right, bottom } = area(element);
      for (let one: Element | null = element; one !== null; one = one.parentElement) {
        if (getComputedStyle(one).overflow === "visible") continue;
        const box = one.getBoundingClientRect();
        [left, top] = [Math.max(left, box.left), Math.max(top, box.top)];
        [right, bottom] = [Math.min(right, box.right), Math.min(bottom, box.bottom)];
      }
      return { left, top, right, bottom };
    };
    const overlap = (a: Rect, b: Rect) =>
      Math.min(a.right, b.right) - Math.max(a.left, b.left) > 2 &&
      Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 4;
    const faults: string[] = [];
    const read = [...document.querySelectorAll("body *")].filter(
      (element) =>
        element.checkVisibility({ visibilityProperty: true }) &&
        element.closest(".spoken, svg, select, textarea") === null &&
        own(element),
    );
    for (const element of read) {
      const { overflow, textOverflow, webkitLineClamp } = getComputedStyle(element);
      // An ellipsis says that there is more, and where it is read.
      const shortened = textOverflow === "ellipsis" || webkitLineClamp !== "none";
      const text = area(element);
      const box = element.getBoundingClientRect();
      const clips = overflow !== "visible" && !scrolls(element);
      const high = element.scrollHeight > element.clientHeight + 1 && webkitLineClamp === "none";
      const wide = element.scrollWidth > element.clientWidth + 1 && !shortened;
      if (clips && (high || wide)) faults.push(`cut: ${name(element)}`);
      if (!shortened && text.width > box.width + 2) faults.push(`wider than its place: ${name(element)}`);
      let inside = false;
      for (let one = element.parentElement; one !== null; one = one.parentElement) inside ||= scrolls(one);
      const beyond =
        text.left < -1 || text.top < -1 || box.right > innerWidth + 1 || box.bottom > innerHeight + 1;
      if (beyond && !inside) faults.push(`out of sight: ${name(element)}`);
    }
    const places = read.map((element) => ({
      element,
      surface: element.closest(surfaces),
      rect: seen(element),
    }));
    places.forEach((a, index) => {
      for (const b of places.slice(index + 1)) {
        if (a.surface === null || a.surface !== b.surface || a.element.contains(b.element)) continue;
        if (overlap(a.rect, b.rect))
          faults.push(`one over the other: ${name(a.element)}, ${name(b.element)}`);
      }
    });
    return faults;
  }, SURFACES);
}
