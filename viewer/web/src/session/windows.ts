/** The windows as a viewer knows them. */

import type { InputId, Size, Timing, TrackId, UpdateId, Window } from "../protocol/types";
import { Order } from "./order";

/** The most windows that a viewer keeps: a host that reports more is broken. */
export const MAX_WINDOWS = 4096;
/** The most tracks whose updates came before their window. */
const MAX_EARLY = 1024;
/** How many tracks that are gone are remembered, to know their late updates. */
const MAX_GONE = 1024;

/** One window. */
export interface Shown {
  /** Its state, as the host said last. */
  window: Window;
  /** The picture's size, from the newest applied update; null before the first of this session. */
  size: Size | null;
  /** Whether the picture equals the app's, pixel by pixel. */
  exact: boolean;
  /** When the host captured the newest applied picture, on the host's clock. */
  captured: number | null;
  /** Whether the host has reported it since the last welcome. */
  confirmed: boolean;
  /** Whether anybody can see it here. */
  visible: boolean;
}

/** An update that was handed out and is not applied yet. */
export interface Unapplied {
  id: UpdateId;
  received: number;
  size: Size;
  exact: boolean;
  cause: InputId | null;
  timing: Timing;
}

/** All windows and the order of their updates. */
export class Windows {
  readonly shown = new Map<TrackId, Shown>();
  readonly unapplied = new Map<TrackId, Unapplied[]>();
  private readonly orders = new Map<TrackId, Order>();
  /** The oldest first. */
  private readonly gone = new Set<TrackId>();

  /** The host reports a window. */
  report(window: Window): void {
    const shown = this.shown.get(window.track);
    if (shown !== undefined) {
      shown.window = window;
      shown.confirmed = true;
      return;
    }
    const fresh = { window, size: null, exact: false, captured: null, confirmed: true, visible: true };
    this.shown.set(window.track, fresh);
  }

  /** A window is not shown any more; says whether it was. */
  remove(track: TrackId): boolean {
    this.unapplied.delete(track);
    return this.shown.delete(track);
  }

  /** A window is gone for good: updates of it that are still on their way are late. */
  bury(track: TrackId): void {
    this.orders.delete(track);
    const [oldest] = this.gone;
    if (this.gone.size >= MAX_GONE && oldest !== undefined) this.gone.delete(oldest);
    this.gone.add(track);
  }

  /** Whether it was there and is gone. */
  isGone(track: TrackId): boolean {
    return this.gone.has(track);
  }

  /** Where updates of a track are ordered; null if too many came before their windows. */
  order(track: TrackId): Order | null {
    let order = this.orders.get(track);
    if (order !== undefined) return order;
    if (!this.shown.has(track)) {
      const early = [...this.orders.keys()].filter((other) => !this.shown.has(other)).length;
      if (early >= MAX_EARLY) return null;
    }
    this.orders.set(track, (order = new Order()));
    return order;
  }

  /** A new link: updates begin anew, windows wait to be confirmed. */
  begin(): void {
    this.orders.clear();
    this.unapplied.clear();
    this.gone.clear();
    for (const shown of this.shown.values()) {
      shown.confirmed = false;
      shown.exact = false;
    }
  }

  /** The windows that the host has not reported since the last welcome. */
  unconfirmed(): TrackId[] {
    return [...this.shown].filter(([, shown]) => !shown.confirmed).map(([track]) => track);
  }
}
