/**
 * All windows of the page as a value: which belongs to which, which is on top, which has the keyboard, which
 * are minimised and which can be seen. It knows no elements and sends nothing; each method answers what the
 * desk has to show anew.
 *
 * The active window is never blocked by a modal dialog and never minimised. A window that is gone is named
 * nowhere.
 */

import { sessionOf, type SessionId } from "../../page/window-key";
import type { TrackId } from "../../protocol/types";
import { resizable } from "./limits";
import { SingleWindow } from "./single-window";
import type { Mode, Toplevel } from "./toplevel";
import { WindowTree } from "./window-tree";

/** What a change of the active window means for the desk. */
export interface Activation<T> {
  /** The window that has the keyboard now. */
  active: T | undefined;
  /** Windows whose state has to be shown anew. */
  changed: T[];
  /** Windows that were minimised and are shown again. */
  restored: T[];
  /** The dialog that blocks the window that was asked for: it got the keyboard instead. */
  blocking: T | undefined;
}

export class Windows<T extends Toplevel = Toplevel> {
  /** All windows that hosts told of, popups too. */
  readonly tree = new WindowTree();
  private readonly single: SingleWindow;
  private readonly byTrack = new Map<TrackId, T>();
  private activeTrack: TrackId | null = null;
  /** The last used first. */
  private used: TrackId[] = [];
  /** The places in the stack, the lowest first, by the windows that had them last. */
  private order: TrackId[] = [];

  /** `only`: the app or track of single-window mode. */
  constructor(only: string | null = null) {
    this.single = new SingleWindow(only, this.tree);
  }

  add(toplevel: T): void {
    this.byTrack.set(toplevel.track, toplevel);
    this.order = [...this.order.filter((track) => track !== toplevel.track), toplevel.track];
  }

  get(track: TrackId): T | undefined {
    return this.byTrack.get(track);
  }

  all(): T[] {
    return [...this.byTrack.values()];
  }

  /**
   * A window is gone for good. Answers the window that takes its place, if it was the active one: the one it
   * belonged to, or the one used before. The caller activates it.
   */
  remove(track: TrackId): { toplevel: T | undefined; heir: TrackId | null | undefined } {
    const toplevel = this.byTrack.get(track);
    const owner = this.tree.owner(track);
    this.tree.remove(track);
    this.byTrack.delete(track);
    this.used = this.used.filter((other) => other !== track);
    this.order = this.order.filter((other) => other !== track);
    if (this.activeTrack !== track) return { toplevel, heir: undefined };
    this.activeTrack = null;
    const next = owner === null ? undefined : this.get(owner);
    return { toplevel, heir: next !== undefined && !next.minimised ? next.track : this.successor() };
  }

  /** Whether single-window mode leaves a window out. */
  excludes({ window }: T): boolean {
    return this.single.excludes(window);
  }

  /** Whether a window fills the page without a frame, in single-window mode. */
  fillsPage({ window }: T): boolean {
    return this.single.fills(window);
  }

  /** The windows that users can turn to, also those that are minimised. */
  opened(): T[] {
    return this.all().filter((one) => one.opened && !this.excludes(one));
  }

  /** Those of them that are no dialogs, in the order in which they came. */
  choices(): T[] {
    return this.opened()
      .filter(({ track }) => this.tree.owner(track) === null)
      .sort((a, b) => a.track - b.track);
  }

  /** The same, the last used first. */
  recentChoices(): T[] {
    const rank = ({ track }: T) => {
      const index = this.used.indexOf(track);
      return index < 0 ? Infinity : index;
    };
    return this.choices().sort((a, b) => rank(a) - rank(b) || a.track - b.track);
  }

  /** A window with its dialogs and theirs. */
  family(track: TrackId): T[] {
    return [track, ...this.tree.dependants(track)].flatMap((one) => this.get(one) ?? []);
  }

  /** The dialogs of a window and theirs. */
  dialogsOf(track: TrackId): T[] {
    return this.tree.dependants(track).flatMap((one) => this.get(one) ?? []);
  }

  /** The windows that a dialog belongs to, the nearest first. */
  ownersOf(track: TrackId): T[] {
    return this.tree.owners(track).flatMap((one) => this.get(one) ?? []);
  }

  /** The window that has the keyboard, or would have it if no menu had it. */
  get active(): TrackId | null {
    return this.activeTrack;
  }

  get activeWindow(): T | undefined {
    return this.activeTrack === null ? undefined : this.get(this.activeTrack);
  }

  /** Gives a window the keyboard and puts it on top; null: none. */
  activate(track: TrackId | null): Activation<T> {
    const blocker = track === null ? null : this.tree.blockedBy(track);
    const wanted = blocker ?? track;
    const active = wanted === null ? undefined : this.get(wanted);
    const before = this.activeWindow;
    this.activeTrack = active?.track ?? null;
    const changed = this.all().filter((one) => one === active || one === before);
    const blocking = blocker === null ? undefined : this.get(blocker);
    if (active === undefined) return { active, changed, restored: [], blocking };
    const restored = active.minimised ? this.restore(active.track) : [];
    active.rang = false;
    this.used = [active.track, ...this.used.filter((other) => other !== active.track)];
    this.raise(active.track);
    return { active, changed, restored, blocking };
  }

  /** Whether a window that opens by itself is above the active one, and so gets the keyboard. */
  opensOnTop({ window }: T): boolean {
    const active = this.activeTrack === null ? undefined : this.tree.get(this.activeTrack);
    if (active === undefined || sessionOf(active.track) !== sessionOf(window.track)) return true;
    return window.stacking > active.stacking;
  }

  /** Whether its host has it above all other windows that can be seen. */
  isTopmost(one: T): boolean {
    const height = ({ track }: T) => this.tree.get(track)?.stacking ?? 0;
    const seen = this.all().filter(
      (other) =>
        sessionOf(other.track) === sessionOf(one.track) &&
        !other.minimised &&
        !other.window.states.minimized &&
        !this.excludes(other),
    );
    return seen.every((other) => height(other) <= height(one));
  }

  /** The window that gets the keyboard when the active one goes: the one used before it. */
  successor(): TrackId | null {
    const stands = (track: TrackId) => {
      const one = this.get(track);
      return one !== undefined && !one.minimised && one.home === "desk" && one.opened && !this.excludes(one);
    };
    return (
      [
        ...this.used,
        ...this.stacked()
          .map(({ track }) => track)
          .reverse(),
      ].find(stands) ?? null
    );
  }

  /** Puts a window on top at once; the host's own order follows. */
  private raise(track: TrackId): void {
    const window = this.tree.get(track);
    if (window === undefined) return;
    const own = this.tree.all().filter((other) => sessionOf(other.track) === sessionOf(track));
    const top = Math.max(0, ...own.map(({ stacking }) => stacking));
    if (window.stacking < top) this.tree.set({ ...window, stacking: top + 1 });
    const root = this.tree.owners(track).at(-1) ?? track;
    const family = new Set([root, ...this.tree.dependants(root)]);
    const rest = this.order.filter((other) => !family.has(other));
    this.order = [...rest, ...this.order.filter((other) => family.has(other))];
  }

  /**
   * All toplevels, the lowest first. Each host orders the windows of its session. Hosts know nothing of each
   * other: between sessions the windows that were used last are above.
   */
  stacked(): T[] {
    const bySession = new Map<SessionId, T[]>();
    for (const track of this.tree.stacked()) {
      const one = this.get(track);
      const session = sessionOf(track);
      if (one !== undefined) bySession.set(session, [...(bySession.get(session) ?? []), one]);
    }
    const stacked = this.order.flatMap((track) => bySession.get(sessionOf(track))?.shift() ?? []);
    this.order = stacked.map(({ track }) => track);
    return stacked;
  }

  /** Puts a window away with its dialogs. Answers the windows that changed. */
  minimise(track: TrackId): T[] {
    const one = this.get(track);
    if (one === undefined || one.minimised || one.home !== "desk") return [];
    return this.family(track).filter((member) => setMinimised(member, true));
  }

  /**
   * Shows a window again, with the window it belongs to and that one's dialogs. Answers the windows that
   * changed.
   */
  restore(track: TrackId): T[] {
    const owner = this.tree.owner(track) ?? track;
    const members = new Set([owner, track, ...this.tree.dependants(owner)]);
    return [...members].flatMap((member) => this.get(member) ?? []).filter((one) => setMinimised(one, false));
  }

  /** Gives a window a mode; false if it cannot have it. */
  setMode(one: T, mode: Mode): boolean {
    const sized = mode === "normal" || mode === "fullscreen" || resizable(one.window.limits);
    if (one.home !== "desk" || !sized) return false;
    if (mode === "fullscreen") one.before = one.mode;
    one.mode = mode;
    one.anchor = null;
    return true;
  }

  /** The mode that a window gets when the user asks for one that it may have already. */
  toggled(one: T, mode: Exclude<Mode, "normal">): Mode {
    if (one.shownMode !== mode) return mode;
    return mode === "fullscreen" ? one.before : "normal";
  }

  /** Notes that an app rang: answers whether the user does not look at its window now. */
  ring(one: T): boolean {
    if (this.activeTrack === one.track) return false;
    one.rang = true;
    return true;
  }

  /** Whether a window or one of its dialogs wants the user. */
  urgent(track: TrackId): boolean {
    return this.family(track).some((one) => one.rang || one.window.states.urgent);
  }

  /** Whether a window or one of its dialogs has the keyboard. */
  inUse(track: TrackId): boolean {
    return this.family(track).some((one) => one.track === this.activeTrack);
  }

  /** The windows that the desk shows. `compact`: small screens show one window with its dialogs at a time. */
  shownOnDesk(compact: boolean): Set<T> {
    const front = compact ? this.front() : null;
    const shown = this.opened().filter((one) => !one.minimised && (front === null || front.has(one.track)));
    return new Set(shown);
  }

  private front(): Set<TrackId> {
    const track = this.activeTrack ?? this.successor();
    if (track === null) return new Set();
    const root = this.tree.owners(track).at(-1) ?? track;
    return new Set([root, ...this.tree.dependants(root)]);
  }
}

function setMinimised(one: Toplevel, minimised: boolean): boolean {
  if (one.minimised === minimised) return false;
  one.minimised = minimised;
  return true;
}
