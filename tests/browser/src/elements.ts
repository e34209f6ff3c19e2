/** Finding what people see on a page, by role and name, and where it is. The same code in every engine. */

import type { Button, Page } from "./browsers/browser";
import { until } from "./wait";

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** What is looked for: a CSS selector and, if given, the accessible name. */
export interface Wanted {
  selector: string;
  name?: string;
}

/** Selectors of what has a role by itself. */
const IMPLICIT: Record<string, string> = {
  button: "button",
  textbox: "input:not([type]),input[type=text],input[type=search],textarea",
  dialog: "dialog",
};

/** What has this role, and this name. */
export function role(role: string, name?: string): Wanted {
  const implicit = IMPLICIT[role];
  const selector = `[role="${role}"]${implicit ? `,:is(${implicit}):not([role])` : ""}`;
  return name === undefined ? { selector } : { selector, name };
}

/** The boxes of all that is wanted and visible; lists scroll as far as is needed. Runs in the page. */
function find(selector: string, name: string | null, onTop: boolean): Box[] {
  const named = (element: Element): string => {
    const by = element.getAttribute("aria-labelledby");
    if (by)
      return by
        .split(" ")
        .map((id) => document.getElementById(id)?.textContent ?? "")
        .join(" ");
    return element.getAttribute("aria-label") ?? element.textContent ?? element.getAttribute("title") ?? "";
  };
  const tidy = (text: string) => text.replace(/\s+/g, " ").trim();
  const within = (element: Element, { x, y, width, height }: DOMRect) => {
    // What lets clicks through is never found at a place.
    if (getComputedStyle(element).pointerEvents === "none") return true;
    const top = document.elementFromPoint(x + width / 2, y + height / 2);
    return top !== null && (element.contains(top) || top.contains(element));
  };
  return [...document.querySelectorAll(selector)]
    .filter((element) => name === null || tidy(named(element)) === name)
    .filter((element) => element.checkVisibility({ visibilityProperty: true }))
    .filter((element) => {
      if (onTop) element.scrollIntoView({ block: "nearest", behavior: "instant" });
      const box = element.getBoundingClientRect();
      return box.width > 0 && box.height > 0 && (!onTop || within(element, box));
    })
    .map((element) => element.getBoundingClientRect())
    .map(({ x, y, width, height }) => ({ x, y, width, height }));
}

/** All that is there now. */
export function all(page: Page, { selector, name }: Wanted): Promise<Box[]> {
  return page.evaluate(find, selector, name ?? null, false);
}

/** Waits until it is there, at rest and not covered, and says where. */
export function locate(page: Page, wanted: Wanted): Promise<Box> {
  let last: Box | undefined;
  return until(`${describe(wanted)} at rest`, async () => {
    const [box] = await page.evaluate(find, wanted.selector, wanted.name ?? null, true);
    const rests = JSON.stringify(box) === JSON.stringify(last);
    last = box;
    return rests ? box : null;
  });
}

/** Waits until nothing like it is there. */
export async function gone(page: Page, wanted: Wanted): Promise<void> {
  await until(`the end of ${describe(wanted)}`, async () => (await all(page, wanted)).length === 0);
}

/** Waits until it is there, and clicks its middle. */
export async function click(page: Page, wanted: Wanted, button: Button = "left"): Promise<void> {
  const box = await locate(page, wanted);
  await clickAt(page, box.x + box.width / 2, box.y + box.height / 2, button);
}

export async function clickAt(page: Page, x: number, y: number, button: Button = "left"): Promise<void> {
  await page.move(x, y);
  await page.down(button);
  await page.up(button);
}

/** Presses at one place, moves in steps, and lets go at another. */
export async function drag(page: Page, from: [number, number], by: [number, number]): Promise<void> {
  const steps = 5;
  await page.move(...from);
  await page.down();
  for (let step = 1; step <= steps; step++) {
    await page.move(from[0] + (by[0] * step) / steps, from[1] + (by[1] * step) / steps);
  }
  await page.up();
}

function describe({ selector, name }: Wanted): string {
  return name === undefined ? `something like ${selector}` : `'${name}' (${selector})`;
}
