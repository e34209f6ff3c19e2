/** Menus, tooltips and drop-downs that apps place relative to their windows: they may leave those, but not the screen. */

import type { Point, Size, TrackId, Window } from "../protocol/types";
import { make, setAttribute, setLength } from "./dom";
import type { Kinship } from "./kinship";
import { Picture, type Send } from "./picture";
import { align, unit } from "./scale";

/** Where popups of a toplevel are drawn. */
export interface Ground {
  /** Holds them; its top left corner is the origin. */
  layer: HTMLElement;
  /** Where the toplevel's picture begins, in CSS pixels of the layer. */
  origin: Point;
  /** What of the layer is on the screen: popups are moved into it. */
  bounds: { x: number; y: number; w: number; h: number };
  dpr: number;
}

export class Popup {
  readonly element: HTMLElement;
  readonly picture: Picture;
  pixels: Size | null = null;
  /** Where it is shown in its layer. */
  at: Point = { x: 0, y: 0 };

  constructor(
    public window: Window,
    layer: HTMLElement,
    send: Send,
  ) {
    const owner = layer.ownerDocument;
    this.picture = new Picture(owner, window.track, send);
    this.element = make("div", {
      class: "popup",
      role: "group",
      data: { track: String(window.track), popup: "" },
      children: [this.picture.canvas],
      document: owner,
    });
    this.element.hidden = true;
    this.describe();
    layer.append(this.element);
  }

  describe(): void {
    const { element, window } = this;
    element.dataset["appId"] = window.app_id;
    setAttribute(element, "aria-label", window.title || window.app_id);
    element.style.zIndex = String(window.stacking);
  }
}

/** Puts the popups of a toplevel where they belong, parents first. */
export function placePopups(kin: Kinship, popups: Map<TrackId, Popup>, root: TrackId, ground: Ground): void {
  const placed = new Map<TrackId, Point>();
  const place = (window: Window, depth: number): Point => {
    const known = placed.get(window.track);
    if (known !== undefined || depth > 32) return known ?? ground.origin;
    const parent = window.parent === null ? undefined : kin.get(window.parent);
    const from = parent?.kind === "popup" ? place(parent, depth + 1) : ground.origin;
    const popup = popups.get(window.track);
    const at = popup === undefined ? from : lay(popup, from, ground);
    placed.set(window.track, at);
    return at;
  };
  for (const window of kin.popupsOf(root)) place(window, 0);
}

function lay(popup: Popup, from: Point, { bounds, dpr }: Ground): Point {
  const { window, element, pixels } = popup;
  const one = unit(dpr, window.scale);
  const size = pixels === null ? window.size : popup.picture.exact(pixels, window);
  const wanted = { x: from.x + window.position.x * one, y: from.y + window.position.y * one };
  popup.at = {
    x: align(slide(wanted.x, size.w, bounds.x, bounds.w), dpr),
    y: align(slide(wanted.y, size.h, bounds.y, bounds.h), dpr),
  };
  setLength(element, "left", popup.at.x);
  setLength(element, "top", popup.at.y);
  if (pixels !== null) {
    element.hidden = false;
    element.dataset["picture"] = `${pixels.w}x${pixels.h}`;
  }
  return popup.at;
}

/** The place nearest to a wish at which a length lies within bounds; its beginning counts most. */
export function slide(at: number, length: number, from: number, room: number): number {
  return Math.max(Math.min(at, from + room - length), from);
}
