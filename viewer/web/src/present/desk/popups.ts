/** Menus, tooltips and drop-downs that apps place relative to their windows: they may leave those, but not the screen. */

import type { Desk } from "./desk";
import type { Point, Size, TrackId, Window } from "../../protocol/types";
import { make, setAttribute, setLength } from "../widgets/dom";
import { Picture, type Send } from "../window/picture";
import { align, unit } from "../model/scale";
import type { View } from "../window/view";

/** Deeper nesting than this is taken for a circle. */
const MAX_DEPTH = 32;

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

/** All popups, each in the document of its toplevel. */
export class Popups {
  private readonly byTrack = new Map<TrackId, Popup>();

  constructor(private readonly desk: Desk) {}

  /** The host said something about a popup, or its toplevel is drawn elsewhere now. */
  show(window: Window): void {
    const { desk } = this;
    const view = desk.views.get(desk.tree.root(window.track));
    if (view === undefined) return;
    const { layer } = desk.popupArea(view);
    const known = this.byTrack.get(window.track);
    if (known?.element.parentElement === layer) {
      known.window = window;
      known.describe();
    } else {
      this.remove(window.track);
      const popup = new Popup(window, layer, desk.options.send);
      popup.pixels = known?.pixels ?? null;
      popup.detach = desk.canvases.listen(window.track, view.track, popup.picture.canvas);
      this.byTrack.set(window.track, popup);
    }
    this.place(view);
  }

  remove(track: TrackId): void {
    const popup = this.byTrack.get(track);
    popup?.detach();
    popup?.element.remove();
    this.byTrack.delete(track);
  }

  /** A picture came or has another size; false if the track is no popup. */
  picture(track: TrackId, size: Size): boolean {
    const popup = this.byTrack.get(track);
    if (popup === undefined) return false;
    popup.pixels = size;
    const view = this.desk.views.get(this.desk.tree.root(track));
    if (view !== undefined) this.place(view);
    return true;
  }

  eachCanvas(act: (canvas: HTMLCanvasElement) => void): void {
    for (const { picture } of this.byTrack.values()) act(picture.canvas);
  }

  /** Puts the popups of a toplevel where they belong, parents first. */
  place(view: View): void {
    const { tree } = this.desk;
    const popups = tree.popupsOf(view.track);
    if (popups.length === 0) return;
    const area = this.desk.popupArea(view);
    const placed = new Map<TrackId, Point>();
    const place = (window: Window, depth: number): Point => {
      const known = placed.get(window.track);
      if (known !== undefined || depth > MAX_DEPTH) return known ?? area.origin;
      const parent = window.parent === null ? undefined : tree.get(window.parent);
      const from = parent?.kind === "popup" ? place(parent, depth + 1) : area.origin;
      const popup = this.byTrack.get(window.track);
      const at = popup === undefined ? from : lay(popup, from, area);
      placed.set(window.track, at);
      return at;
    };
    for (const window of popups) place(window, 0);
  }
}

function lay(popup: Popup, from: Point, { bounds, dpr }: PopupArea): Point {
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
