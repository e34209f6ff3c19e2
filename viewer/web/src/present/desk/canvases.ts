/**
 * The canvases of windows and popups, as pointers meet them: events on each go to its app, under the app's
 * cursor.
 */

import type { Surface } from "../../input";
import { sessionOf, type SessionId } from "../../page/window-key";
import type { TrackId } from "../../protocol/types";
import type { View } from "../window/view";

export interface CanvasesHost {
  /** Takes input on an element; the answer ends that. */
  attach(surface: Surface): () => void;
  /** The size of a track's window at the moment, in logical units. */
  size(track: TrackId): { w: number; h: number } | undefined;
  /** All canvases of a session. */
  canvases(session: SessionId): Iterable<HTMLCanvasElement>;
}

export class Canvases {
  private readonly detach = new Map<TrackId, () => void>();
  private readonly cursors = new Map<SessionId, string>();

  constructor(private readonly host: CanvasesHost) {}

  /** A window is new, or has a new canvas in this document or another one: its input goes on there. */
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
    element.style.cursor = this.cursors.get(sessionOf(track)) ?? "default";
    const size = () => this.host.size(track) ?? { w: 1, h: 1 };
    return this.host.attach({ track, toplevel, element, size });
  }

  /** The cursor that the app under the pointer wants, if that is one of this session. */
  show(session: SessionId, cursor: string): void {
    this.cursors.set(session, cursor);
    for (const canvas of this.host.canvases(session)) canvas.style.cursor = cursor;
  }
}
