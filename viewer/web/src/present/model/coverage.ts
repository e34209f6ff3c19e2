/** Which windows of the desk lie wholly under others, so that nobody sees them. */

import type { Rect, TrackId } from "../../protocol/types";
import type { Toplevel } from "./toplevel";

/** How large the corners are that may be round, in CSS pixels: what lies below them shines through. */
const CORNER = 12;

/** The windows that others cover. `stacked`: those that the desk shows, the lowest first. */
export function covered(stacked: readonly Toplevel[]): Set<TrackId> {
  const below = new Set<TrackId>();
  const above: Rect[] = [];
  for (const one of stacked.toReversed()) {
    if (above.length > 0 && left(outline(one), above).length === 0) below.add(one.track);
    else above.push(...opaqueParts(one));
  }
  return below;
}

/** What a window takes of the desk, with its title bar. */
function outline({ at, shown, bar, factor }: Toplevel): Rect {
  return { ...at, w: shown.w * factor, h: (shown.h + bar) * factor };
}

/**
 * The parts of a window through which nothing shines. An app that draws its own frame may leave any of it
 * transparent.
 */
function opaqueParts(one: Toplevel): Rect[] {
  const whole = outline(one);
  if (one.fills) return [whole];
  if (one.window.states.client_decorated) return [];
  const { x, y, w, h } = whole;
  return [
    { x: x + CORNER, y, w: w - 2 * CORNER, h },
    { x, y: y + CORNER, w, h: h - CORNER },
  ].filter((part) => part.w > 0 && part.h > 0);
}

/** What is left of a rectangle beside others. */
function left(rect: Rect, others: readonly Rect[]): Rect[] {
  return others.reduce((rest, other) => rest.flatMap((part) => without(part, other)), [rect]);
}

/** What is left of a rectangle without another: four pieces at most. */
function without(rect: Rect, hole: Rect): Rect[] {
  const [right, bottom] = [rect.x + rect.w, rect.y + rect.h];
  const [x0, x1] = [Math.max(rect.x, hole.x), Math.min(right, hole.x + hole.w)];
  const [y0, y1] = [Math.max(rect.y, hole.y), Math.min(bottom, hole.y + hole.h)];
  if (x0 >= x1 || y0 >= y1) return [rect];
  return [
    { x: rect.x, y: rect.y, w: rect.w, h: y0 - rect.y },
    { x: rect.x, y: y1, w: rect.w, h: bottom - y1 },
    { x: rect.x, y: y0, w: x0 - rect.x, h: y1 - y0 },
    { x: x1, y: y0, w: right - x1, h: y1 - y0 },
  ].filter((piece) => piece.w > 0 && piece.h > 0);
}
