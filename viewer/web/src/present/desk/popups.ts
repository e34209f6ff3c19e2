/** All popups of apps, each in the document of its toplevel. */

import type { Point, Size, TrackId, Window } from "../../protocol/types";
import type { Windows } from "../model/windows";
import type { Send } from "../window/picture";
import { Popup, type PopupArea } from "../window/popup";
import type { View } from "../window/view";

/** Deeper nesting than this is taken for a circle. */
const MAX_DEPTH = 32;

export interface PopupsHost {
  send: Send;
  /** Where popups of a window are drawn. */
  area(view: View): PopupArea;
  /** Input happens on a popup's canvas from now on; the answer ends that. */
  listen(track: TrackId, toplevel: TrackId, canvas: HTMLCanvasElement): () => void;
}

export class Popups {
  private readonly byTrack = new Map<TrackId, Popup>();

  constructor(
    private readonly windows: Windows<View>,
    private readonly host: PopupsHost,
  ) {}

  /** The host told of a popup, or its toplevel is drawn elsewhere now. */
  show(window: Window): void {
    const view = this.toplevelOf(window.track);
    if (view === undefined) return;
    const { layer } = this.host.area(view);
    const known = this.byTrack.get(window.track);
    if (known?.element.parentElement === layer) {
      known.window = window;
      known.describe();
    } else {
      this.remove(window.track);
      const popup = new Popup(window, layer, this.host.send);
      popup.pixels = known?.pixels ?? null;
      popup.detach = this.host.listen(window.track, view.track, popup.picture.canvas);
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
    const view = this.toplevelOf(track);
    if (view !== undefined) this.place(view);
    return true;
  }

  all(): Popup[] {
    return [...this.byTrack.values()];
  }

  /** Puts the popups of a toplevel where they belong, parents first. */
  place(view: View): void {
    const { tree } = this.windows;
    const popups = tree.popupsOf(view.track);
    if (popups.length === 0) return;
    const area = this.host.area(view);
    const placed = new Map<TrackId, Point>();
    const place = (window: Window, depth: number): Point => {
      const known = placed.get(window.track);
      if (known !== undefined || depth > MAX_DEPTH) return known ?? area.origin;
      const parent = window.parent === null ? undefined : tree.get(window.parent);
      const from = parent?.kind === "popup" ? place(parent, depth + 1) : area.origin;
      const at = this.byTrack.get(window.track)?.lay(from, area) ?? from;
      placed.set(window.track, at);
      return at;
    };
    for (const window of popups) place(window, 0);
  }

  private toplevelOf(track: TrackId): View | undefined {
    return this.windows.get(this.windows.tree.root(track));
  }
}
