/**
 * The menu of an element: by the right button, by the menu key, or by a finger that rests on it. Not every
 * browser tells of `contextmenu` for fingers.
 */

/** As long as touch screens take, in milliseconds. */
const LONG = 500;
/** A finger that moves less than this, in CSS pixels, rests. */
const SLOP = 10;

export interface Place {
  x: number;
  y: number;
}

export function onMenu(element: HTMLElement, open: (at: Place) => void): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let from: Place | null = null;
  /** The finger that is down has opened the menu: what browsers make of it otherwise is not meant. */
  let opened = false;
  const rest = (): void => clearTimeout(timer);
  element.addEventListener("contextmenu", (event) => {
    event.preventDefault();
    rest();
    if (!opened) open({ x: event.clientX, y: event.clientY });
  });
  element.addEventListener("pointerdown", ({ pointerType, isPrimary, clientX, clientY }) => {
    rest();
    opened = false;
    if (pointerType !== "touch" || !isPrimary) return;
    const at = (from = { x: clientX, y: clientY });
    timer = setTimeout(() => {
      opened = true;
      open(at);
    }, LONG);
  });
  element.addEventListener("pointermove", ({ clientX, clientY }) => {
    if (from !== null && Math.hypot(clientX - from.x, clientY - from.y) > SLOP) rest();
  });
  for (const type of ["pointerup", "pointercancel", "pointerleave"]) element.addEventListener(type, rest);
  element.addEventListener("touchend", (event) => opened && event.preventDefault());
  element.addEventListener(
    "click",
    (event) => {
      if (opened) event.stopImmediatePropagation();
      opened = false;
    },
    { capture: true },
  );
}
