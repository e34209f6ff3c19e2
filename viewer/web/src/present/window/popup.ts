/** The elements of a menu, tooltip or drop-down of an app. It may leave its window, but not the screen. */

import type { Point, Size, Window } from "../../protocol/types";
import { align, scaleOf, unit } from "../model/scale";
import { make, setAttribute, setLength } from "../widgets/dom";
import { Picture, type Send } from "./picture";

/** Where popups of a toplevel are drawn. */
export interface PopupArea {
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
  /** Ends input on it. */
  detach: () => void = () => {};

  constructor(
    public window: Window,
    layer: HTMLElement,
    send: Send,
  ) {
    const owner = layer.ownerDocument;
    // Menus and tooltips have shadows and round corners.
    this.picture = new Picture(owner, window.track, true, send);
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

  /** Puts it in its place. `from` is its parent's, in the layer; answers its own. */
  lay(from: Point, { bounds, dpr }: PopupArea): Point {
    const { window, element, pixels } = this;
    // What was not drawn for this screen is as large here as it is there.
    const one = window.scale === scaleOf(dpr) ? unit(dpr, window.scale) : 1;
    const size = pixels === null ? window.size : this.picture.exact(pixels, window);
    const wanted = { x: from.x + window.position.x * one, y: from.y + window.position.y * one };
    const at = {
      x: align(slide(wanted.x, size.w, bounds.x, bounds.w), dpr),
      y: align(slide(wanted.y, size.h, bounds.y, bounds.h), dpr),
    };
    setLength(element, "left", at.x);
    setLength(element, "top", at.y);
    if (pixels !== null) {
      element.hidden = false;
      element.dataset["picture"] = `${pixels.w}x${pixels.h}`;
    }
    return at;
  }
}

/** The place nearest to a wish at which a length lies within bounds; its beginning counts most. */
function slide(at: number, length: number, from: number, room: number): number {
  return Math.max(Math.min(at, from + room - length), from);
}
