/**
 * Where the app that has the keyboard takes text; the newest place counts, since only one window has the
 * keyboard.
 */

import type { Rect, TextInput, TrackId } from "../../protocol/types";
import { onPage, type Surfaces } from "../pointer/surface";

export class Caret {
  private place: { track: TrackId; input: TextInput } | null = null;

  constructor(private readonly surfaces: Surfaces) {}

  /** An app takes text here from now on, or takes none. */
  tell(track: TrackId, input: TextInput | null): void {
    if (input !== null) this.place = { track, input };
    else this.forget(track);
  }

  /** What a window told counts no more. */
  forget(track: TrackId): void {
    if (this.place?.track === track) this.place = null;
  }

  /** Whether an app takes text, in this document or in another. */
  get known(): boolean {
    return this.place !== null;
  }

  /** In the viewport; null if no app takes text in this document. */
  get box(): Rect | null {
    const surface = this.place === null ? undefined : this.surfaces.of(this.place.track);
    if (this.place === null || surface === undefined) return null;
    const { x, y, w, h } = this.place.input.caret;
    const from = onPage(surface, { x, y });
    const to = onPage(surface, { x: x + w, y: y + h });
    return { ...from, w: to.x - from.x, h: to.y - from.y };
  }
}
