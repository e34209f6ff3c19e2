/** Tracks as they lie on the page. */

import type { Position, Size, TrackId } from "../../protocol/types";

/** The element that shows one track, and nothing else. */
export interface Surface {
  readonly track: TrackId;
  /** The window it belongs to: itself, or that of its popup. */
  readonly toplevel: TrackId;
  /** Its box is exactly the picture's. */
  readonly element: HTMLElement;
  /** Of the window, in logical units, at the moment. */
  size(): Size;
}

/** A point of the viewport, in CSS pixels, as `clientX` and `clientY` of an event. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/**
 * Where a point of the viewport is in a track, in logical units. Zoom of the page's own is taken into
 * account.
 */
export function within(surface: Surface, { x, y }: Point): Position {
  const box = surface.element.getBoundingClientRect();
  const size = surface.size();
  const factor = (logical: number, shown: number) => (shown > 0 ? logical / shown : 1);
  return { x: (x - box.left) * factor(size.w, box.width), y: (y - box.top) * factor(size.h, box.height) };
}

/** Where a place in a track is in the viewport. */
export function onPage(surface: Surface, { x, y }: Position): Point {
  const box = surface.element.getBoundingClientRect();
  const size = surface.size();
  const factor = (shown: number, logical: number) => (logical > 0 ? shown / logical : 1);
  return { x: box.left + x * factor(box.width, size.w), y: box.top + y * factor(box.height, size.h) };
}

/** The surfaces of one document. */
export class Surfaces {
  private readonly byTrack = new Map<TrackId, Surface>();
  private readonly byElement = new Map<Element, Surface>();

  add(surface: Surface): void {
    this.byTrack.set(surface.track, surface);
    this.byElement.set(surface.element, surface);
  }

  /** Forgets a surface, if its track is not shown elsewhere already. */
  remove(surface: Surface): void {
    this.byElement.delete(surface.element);
    if (this.byTrack.get(surface.track) === surface) this.byTrack.delete(surface.track);
  }

  of(track: TrackId): Surface | undefined {
    return this.byTrack.get(track);
  }

  /** The surface that an element shows. */
  shownBy(element: EventTarget | null): Surface | undefined {
    return element === null ? undefined : this.byElement.get(element as Element);
  }

  /** Whether a window has popups open; any window, if none is named. */
  hasPopups(toplevel?: TrackId): boolean {
    for (const surface of this.byTrack.values()) {
      if (surface.track !== surface.toplevel && (toplevel ?? surface.toplevel) === surface.toplevel)
        return true;
    }
    return false;
  }

  /** The topmost surface at a point, if nothing of the page covers it. */
  at(document: Document, { x, y }: Point): Surface | undefined {
    return this.shownBy(document.elementFromPoint(x, y));
  }
}
