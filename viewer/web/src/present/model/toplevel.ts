/** How one toplevel stands on the page: everything about it that needs no elements. */

import type { Point, Rect, Size, TrackId, Window } from "../../protocol/types";
import type { Edge, Tile } from "./geometry";

/** How a window stands on the desk. */
export type Mode = "normal" | "maximized" | "fullscreen" | Tile;

/**
 * Where a window is shown: on the desk, in a browser window of its own, or in that of the window it is a
 * dialog of.
 */
export type Home = "desk" | "popped-out" | "carried";

export class Toplevel {
  /** Of the newest picture, in its pixels; null before the first. */
  pixels: Size | null = null;
  /** The outer top left corner in the stage, in CSS pixels, whole device pixels. */
  at: Point = { x: 0, y: 0 };
  /** The size it has or is to have as a normal window, in logical units. */
  size: Size;
  /** Where it is as a normal window; null before it was placed. */
  normal: Point | null = null;
  /** How large the room was in which it was placed; null if that is not known. */
  roomy: Size | null = null;
  /** The place that `roomy` belongs to. */
  placed: Point | null = null;
  /** Whether it was there before the page was. */
  wasThere = false;
  /** After a resize at the left or top: the edges that stay where they are, whatever size the app takes. */
  anchor: { edge: Edge; start: Rect } | null = null;
  /** How it stands where it is this page's to lay out. */
  mode: Mode = "normal";
  /** Whether it is shown as another viewer has laid it out. */
  foreign = false;
  /** The mode that full screen came from. */
  before: Mode = "normal";
  minimised = false;
  /** It rang its bell since it was used last. */
  rang = false;
  home: Home = "desk";
  /** How much smaller than itself it is shown, on screens that are smaller than the app can be. */
  factor = 1;
  /** Of the content, in CSS pixels. */
  shown: Size = { w: 0, h: 0 };
  /** Of the title bar that the page draws, in CSS pixels. */
  bar = 0;

  constructor(public window: Window) {
    this.size = window.size;
  }

  get track(): TrackId {
    return this.window.track;
  }

  get dialog(): boolean {
    return this.window.parent !== null;
  }

  /** How it is shown. */
  get shownMode(): Mode {
    return this.foreign ? "normal" : this.mode;
  }

  /** The size it is shown with where it fills nothing, in logical units. */
  get shownSize(): Size {
    return this.foreign ? this.window.size : this.size;
  }

  get fills(): boolean {
    return this.shownMode !== "normal";
  }

  /** Whether it was placed: windows are shown from their first picture on. */
  get opened(): boolean {
    return this.normal !== null;
  }
}

/** Whether a mode fills a part of the desk. */
export function isTile(mode: Mode): mode is Tile {
  return mode !== "normal" && mode !== "maximized" && mode !== "fullscreen";
}
