/** Where windows go: places in CSS pixels of the work area, whose top left corner is 0, 0. */

import type { Point, Rect, Size, WindowGrab } from "../../protocol/types";

export type Edge = "n" | "s" | "w" | "e" | "nw" | "ne" | "sw" | "se";
export const EDGES: readonly Edge[] = ["n", "s", "w", "e", "nw", "ne", "sw", "se"];

/** Which part of the work area a window fills. */
export type Tile = "left" | "right" | "top-left" | "top-right" | "bottom-left" | "bottom-right";
/** What letting go of a dragged window makes of it. */
export type Snap = Tile | "maximized";

/** How near to an edge the pointer must be to snap a window there. */
const SNAP_REACH = 10;
/** How much of the height at an upper or lower end of a side is its corner. */
const CORNER = 0.22;
/** How far each new window is from the one before, down and right. */
const CASCADE = 28;
/** After so many steps a cascade is full. */
const MOST_STEPS = 40;
/** How much of a title bar must stay within reach. */
const REACHABLE = 64;

/** What a drag to this place of the pointer would snap to. */
export function snapAt(pointer: Point, area: Size): Snap | null {
  if (pointer.y <= SNAP_REACH / 2 && pointer.x > SNAP_REACH && pointer.x < area.w - SNAP_REACH)
    return "maximized";
  const side = pointer.x <= SNAP_REACH ? "left" : pointer.x >= area.w - 1 - SNAP_REACH ? "right" : null;
  if (side === null) return null;
  if (pointer.y < area.h * CORNER) return `top-${side}`;
  if (pointer.y > area.h * (1 - CORNER)) return `bottom-${side}`;
  return side;
}

/** The part of the work area that a tile is. Halves meet without a gap, also where lengths are odd. */
export function tileRect(tile: Tile, area: Size): Rect {
  const middle = { x: Math.round(area.w / 2), y: Math.round(area.h / 2) };
  const right = tile.endsWith("right");
  const x = right ? middle.x : 0;
  const w = right ? area.w - middle.x : middle.x;
  if (tile.startsWith("top-")) return { x, y: 0, w, h: middle.y };
  if (tile.startsWith("bottom-")) return { x, y: middle.y, w, h: area.h - middle.y };
  return { x, y: 0, w, h: area.h };
}

/**
 * Where a new window goes: in the middle for the first, then each a step on from the newest, and around
 * again. `taken`: oldest first.
 */
export function place(outer: Size, area: Size, taken: readonly Point[]): Point {
  const room = { x: Math.max(area.w - outer.w, 0), y: Math.max(area.h - outer.h, 0) };
  // A little above the middle looks like the middle.
  const middle = { x: Math.round(room.x / 2), y: Math.round(room.y * 0.4) };
  const newest = taken.at(-1);
  let at = newest === undefined ? middle : stepped(newest);
  for (let step = 0; step < MOST_STEPS; step++) {
    if (at.x > room.x || at.y > room.y) at = { x: at.x > room.x ? at.x % CASCADE : at.x, y: at.y % CASCADE };
    const here = at;
    const fits = here.x <= room.x && here.y <= room.y;
    if (fits && !taken.some((other) => near(other, here))) return here;
    at = stepped(here);
  }
  return spread(room, taken);
}

function stepped({ x, y }: Point): Point {
  return { x: Math.max(x, 0) + CASCADE, y: Math.max(y, 0) + CASCADE };
}

/** When the cascade is full: the first free place of a coarse grid, or the corner. */
function spread(room: Point, taken: readonly Point[]): Point {
  for (let y = 0; y <= room.y; y += CASCADE)
    for (let x = 0; x <= room.x; x += CASCADE)
      if (!taken.some((other) => near(other, { x, y }))) return { x, y };
  return { x: 0, y: 0 };
}

function near(a: Point, b: Point): boolean {
  return Math.abs(a.x - b.x) < CASCADE / 2 && Math.abs(a.y - b.y) < CASCADE / 2;
}

/** A dialog is centred on its parent, and within the work area. */
export function placeOver(outer: Size, parent: Rect, area: Size): Point {
  const x = parent.x + (parent.w - outer.w) / 2;
  const y = parent.y + Math.max((parent.h - outer.h) / 3, 0);
  return {
    x: Math.round(Math.min(Math.max(x, 0), Math.max(area.w - outer.w, 0))),
    y: Math.round(Math.min(Math.max(y, 0), Math.max(area.h - outer.h, 0))),
  };
}

/** The nearest place where the title bar (of this height) can still be reached with the pointer. */
export function reachable(at: Point, outer: Size, area: Size, bar: number): Point {
  return {
    x: Math.min(Math.max(at.x, REACHABLE - outer.w), Math.max(area.w - REACHABLE, 0)),
    y: Math.min(Math.max(at.y, 0), Math.max(area.h - bar, 0)),
  };
}

/**
 * Where a window is shown that was placed in a room of the size `roomy`: where it was put, or in a smaller
 * room as far within as it was then, so that its title bar and the buttons at its end can be reached. In a
 * larger one it is back where it was.
 */
export function pulledIn(at: Point, outer: Size, area: Size, bar: number, roomy: Size | null): Point {
  const near = reachable(at, outer, area, bar);
  if (roomy === null) return near;
  const along = (at: number, near: number, length: number, room: number, before: number) =>
    room < before ? Math.max(Math.min(at, room - length), Math.min(0, at)) : near;
  return {
    x: along(at.x, near.x, outer.w, area.w, roomy.w),
    y: Math.max(0, along(at.y, near.y, outer.h, area.h, roomy.h)),
  };
}

/** The rectangle after its edges were dragged so far, before the app's limits. */
export function dragEdge(rect: Rect, edge: Edge, dx: number, dy: number): Rect {
  const { x, y, w, h } = rect;
  return {
    x: edge.includes("w") ? x + dx : x,
    y: edge.includes("n") ? y + dy : y,
    w: edge.includes("w") ? w - dx : edge.includes("e") ? w + dx : w,
    h: edge.includes("n") ? h - dy : edge.includes("s") ? h + dy : h,
  };
}

/** Where a window of this size goes so that the edges that are not dragged stay where they are. */
export function anchored(start: Rect, edge: Edge, size: Size): Point {
  return {
    x: edge.includes("w") ? start.x + start.w - size.w : start.x,
    y: edge.includes("n") ? start.y + start.h - size.h : start.y,
  };
}

/** The edge of a drag that an app began, or null if it moves the window. */
export function edgeOf(grab: WindowGrab): Edge | null {
  const edges: Record<WindowGrab, Edge | null> = {
    move: null,
    "resize-top": "n",
    "resize-bottom": "s",
    "resize-left": "w",
    "resize-right": "e",
    "resize-top-left": "nw",
    "resize-top-right": "ne",
    "resize-bottom-left": "sw",
    "resize-bottom-right": "se",
  };
  return edges[grab];
}
