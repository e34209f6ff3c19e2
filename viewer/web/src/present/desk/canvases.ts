/** The canvases of windows and their popups, as pointers meet them: what happens on each goes to its app, under the app's cursor. */

import type { TrackId } from "../../protocol/types";
import type { Desk } from "./desk";
import type { View } from "../window/view";

export class Canvases {
  private readonly detach = new Map<TrackId, () => void>();
  private cursor = "default";

  constructor(private readonly desk: Desk) {}

  /** A window is there, or was drawn anew into this document or another one: its input goes on there. */
  attach(view: View): void {
    this.detach.get(view.track)?.();
    this.detach.set(view.track, this.listen(view.track, view.track, view.picture.canvas));
  }

  forget(track: TrackId): void {
    this.detach.get(track)?.();
    this.detach.delete(track);
  }

  /** Input happens on a track's canvas from now on; the answer ends that. */
  listen(track: TrackId, toplevel: TrackId, element: HTMLCanvasElement): () => void {
    element.style.cursor = this.cursor;
    const size = () => this.desk.tree.get(track)?.size ?? { w: 1, h: 1 };
    return this.desk.inputs.of(element.ownerDocument).attach({ track, toplevel, element, size });
  }

  /** The cursor that the app under the pointer wants. */
  show(cursor: string): void {
    this.cursor = cursor;
    for (const { picture } of this.desk.views.values()) picture.canvas.style.cursor = cursor;
    this.desk.popups.eachCanvas((canvas) => (canvas.style.cursor = cursor));
  }
}
