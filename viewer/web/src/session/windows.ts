/** The windows as a viewer knows them. */

import type { InputId, Op, Size, Timing, TrackId, Update, UpdateId, Window } from "../protocol/types";
import { Order, type Arrived } from "./order";

/** The most windows that a viewer keeps: a host that reports more is broken. */
const MAX_WINDOWS = 4096;
/** The most updates of a track that wait to be applied: a host that heeds feedback sends far fewer. */
const MAX_UNAPPLIED = 1024;
/**
 * The most bytes of updates that wait for others, or to be applied, of all tracks together: several of the
 * longest messages.
 */
const MAX_HELD = 256 * 2 ** 20;
/** The most pixels of all pictures together, which take 2 GiB: 64 screens of 3840 × 2160. */
const MAX_PIXELS = 512 * 2 ** 20;
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
interface Unapplied {
  id: UpdateId;
  received: number;
  size: Size;
  exact: boolean;
  cause: InputId | null;
  timing: Timing;
  /** How much memory it holds until then. */
  held: number;
}

/** An update that has been applied, as far as latency is concerned. */
export interface Applied {
  /** When it had arrived whole. */
  received: number;
  /** The input that caused it. */
  cause: InputId | null;
  /** Its way through the host. */
  timing: Timing;
  /** Whether it shows something newer than what was shown on this link before. */
  fresh: boolean;
}

/** Which bound a host breaks. */
export class TooMany extends Error {}

/** All windows and the order of their updates. */
export class Windows {
  private readonly shown = new Map<TrackId, Shown>();
  private readonly unapplied = new Map<TrackId, Unapplied[]>();
  private readonly orders = new Map<TrackId, Order>();
  /** The oldest first. */
  private readonly gone = new Set<TrackId>();
  /** The memory of all updates that wait for others, or to be applied. */
  private held = 0;
  /** How many pixels each track's picture has, as far as updates were handed out. */
  private readonly pixels = new Map<TrackId, number>();

  /** The host reports a window. Throws `TooMany`. */
  report(window: Window): void {
    const shown = this.shown.get(window.track);
    if (shown !== undefined) {
      shown.window = window;
      shown.confirmed = true;
      return;
    }
    if (this.shown.size >= MAX_WINDOWS) throw new TooMany(`more than ${MAX_WINDOWS} windows`);
    const fresh = { window, size: null, exact: false, captured: null, confirmed: true, visible: true };
    this.shown.set(window.track, fresh);
  }

  /** One window. */
  get(track: TrackId): Shown | undefined {
    return this.shown.get(track);
  }

  /** Whether there is such a window. */
  contains(track: TrackId): boolean {
    return this.shown.has(track);
  }

  /** Notes whether anybody can see a window here; says whether that is news. */
  setVisible(track: TrackId, visible: boolean): boolean {
    const shown = this.shown.get(track);
    if (shown === undefined || shown.visible === visible) return false;
    shown.visible = visible;
    return true;
  }

  /** The windows that nobody can see here. */
  hidden(): TrackId[] {
    return [...this.shown].filter(([, shown]) => !shown.visible).map(([track]) => track);
  }

  /** A window is not shown any more; says whether it was. */
  remove(track: TrackId): boolean {
    for (const { held } of this.unapplied.get(track) ?? []) this.held -= held;
    this.unapplied.delete(track);
    this.pixels.delete(track);
    return this.shown.delete(track);
  }

  /** A window is gone for good: updates of it that are still on their way are late. */
  bury(track: TrackId): void {
    for (const update of this.orders.get(track)?.updates() ?? []) this.held -= heldBy(update);
    this.orders.delete(track);
    const [oldest] = this.gone;
    if (this.gone.size >= MAX_GONE && oldest !== undefined) this.gone.delete(oldest);
    this.gone.add(track);
  }

  /** Whether it was there and is gone. */
  isGone(track: TrackId): boolean {
    return this.gone.has(track);
  }

  /** Whether `window` is a track, or belongs to it over any number of others. */
  isAtOrAbove(track: TrackId, window: TrackId): boolean {
    // What is kept has no circles; the bound is only there so that this ends whatever is kept.
    let at: TrackId | null = window;
    for (let n = 0; n < MAX_WINDOWS && at !== null; n++) {
      if (at === track) return true;
      at = this.shown.get(at)?.window.parent ?? null;
    }
    return false;
  }

  /** An update has arrived: it waits for its turn. Throws `TooMany`. */
  insert(now: number, update: Update): void {
    const { track } = update;
    const inserted = this.order(track).insert(now, update);
    if (inserted === "gap") throw new TooMany(`an update of track ${track} never came`);
    if (inserted === "new") this.held += heldBy(update);
    if (this.held > MAX_HELD) {
      throw new TooMany(`over ${MAX_HELD / 2 ** 20} MiB of updates that cannot be shown yet`);
    }
  }

  /** The update of a track that is next in order, if its window is known: it is to be applied. */
  next(track: TrackId): Update | undefined {
    if (!this.shown.get(track)?.confirmed) return undefined;
    const next: Arrived | undefined = this.orders.get(track)?.next();
    if (next === undefined) return undefined;
    const { received, update } = next;
    const { id, size, exact, caused_by_input: cause, timing } = update;
    this.pixels.set(track, size.w * size.h);
    if ([...this.pixels.values()].reduce((sum, pixels) => sum + pixels, 0) > MAX_PIXELS) {
      throw new TooMany(`pictures of over ${Math.floor(MAX_PIXELS / 1e6)} million pixels`);
    }
    const queue = this.unapplied.get(track) ?? [];
    this.unapplied.set(track, queue);
    if (queue.length >= MAX_UNAPPLIED) {
      throw new TooMany(`over ${MAX_UNAPPLIED} updates of track ${track} ahead of the decoder`);
    }
    queue.push({ id, received, size, exact, cause, timing, held: heldBy(update) });
    return update;
  }

  /** What was handed out up to this update has been applied. */
  applied(track: TrackId, id: UpdateId): Applied | null {
    const queue = this.unapplied.get(track);
    let newest: Unapplied | undefined;
    while (queue?.[0] !== undefined && queue[0].id <= id) {
      newest = queue.shift();
      this.held -= newest?.held ?? 0;
    }
    const shown = this.shown.get(track);
    if (newest === undefined || shown === undefined) return null;
    const { received, size, exact, cause, timing } = newest;
    const fresh = id > 1 && shown.captured !== null && timing.captured > shown.captured;
    shown.size = size;
    shown.exact = exact;
    shown.captured = timing.captured;
    return { received, cause, timing, fresh };
  }

  /** Where updates of a track are ordered. */
  private order(track: TrackId): Order {
    let order = this.orders.get(track);
    if (order !== undefined) return order;
    if (!this.shown.has(track)) {
      const early = [...this.orders.keys()].filter((other) => !this.shown.has(other)).length;
      if (early >= MAX_EARLY) throw new TooMany("updates of many tracks without windows");
    }
    this.orders.set(track, (order = new Order()));
    return order;
  }

  /** A new link: updates begin anew, windows wait to be confirmed. */
  begin(): void {
    this.orders.clear();
    this.unapplied.clear();
    this.gone.clear();
    this.held = 0;
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

/** The memory that an update holds, about. */
function heldBy(update: Update): number {
  return update.ops.reduce((sum, op) => sum + OVERHEAD + dataOf(op), OVERHEAD);
}

/** What an update and an op take beside their data, in bytes. */
const OVERHEAD = 200;

function dataOf(op: Op): number {
  if ("Copy" in op) return 0;
  return ("Tile" in op ? op.Tile : op.Video).data.byteLength;
}
