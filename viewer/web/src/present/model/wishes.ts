/**
 * Sizes and states that this desk wants windows to have, and how far the host has answered.
 *
 * The newest wish wins. While windows are dragged at their edges one wish is on its way at a time, so that
 * apps draw at their own speed; what comes in between replaces what waits. Until the newest is answered, what
 * the host says about size and states is older than what the desk wants, and is not followed: windows would
 * jump back and forth.
 */

import type { Configure, Scale, Size, TrackId, Window } from "../../protocol/types";

/** What the desk makes of a window. */
export interface Local {
  size: Size;
  scale: Scale;
  maximized: boolean;
  fullscreen: boolean;
}

interface Wish {
  sent: Configure;
  /** Waits for the answer to `sent`. */
  next: Local | null;
  /** What the app made of it: perhaps something else. */
  answer: Local | null;
  resizing: boolean;
}

export class Wishes {
  /** Whether windows are this page's to lay out: without the seat they are as somebody else wants them. */
  mayWish = false;
  private insisting = false;
  private serial = 0;
  private readonly byTrack = new Map<TrackId, Wish>();

  constructor(private readonly send: (track: TrackId, configure: Configure) => void) {}

  /** Asks for what is news to the host. `resizing`: more will follow soon. */
  want(window: Window, local: Local, resizing = false): void {
    if (!this.mayWish) return;
    if (this.insisting) return this.ask(window.track, local, resizing);
    this.heard(window);
    const wish = this.byTrack.get(window.track);
    if (wish === undefined || this.mayFollow(window)) {
      // An app that has made something else of the same wish would do so again.
      const refused =
        wish?.answer && same(local, ofConfigure(wish.sent)) && same(ofWindow(window), wish.answer);
      if (!refused && !same(local, ofWindow(window))) this.ask(window.track, local, resizing);
      return;
    }
    const settles = wish.resizing && !resizing;
    if (same(wish.next ?? ofConfigure(wish.sent), local) && !settles) return;
    if (resizing && !answered(wish, window)) {
      wish.next = local;
      wish.resizing = true;
      return;
    }
    this.ask(window.track, local, resizing);
  }

  /** The host said something about a window: sends what waited for it. */
  heard(window: Window): void {
    const wish = this.byTrack.get(window.track);
    if (wish === undefined || !answered(wish, window)) return;
    if (wish.next) this.ask(window.track, wish.next, wish.resizing);
    else wish.answer ??= ofWindow(window);
  }

  /** Whether the host's newest state answers the newest wish, and the user is not dragging. */
  mayFollow(window: Window): boolean {
    if (!this.mayWish) return true;
    const wish = this.byTrack.get(window.track);
    return wish === undefined || (answered(wish, window) && wish.next === null && !wish.resizing);
  }

  /**
   * Asks for all that `lay` wants, also for what seems to be so already: somebody else's layout was in force
   * until now.
   */
  insist(lay: () => void): void {
    this.insisting = true;
    lay();
    this.insisting = false;
  }

  /** Tells a host that was met anew all that stands. */
  again(): void {
    for (const [track, wish] of this.byTrack) this.ask(track, wish.next ?? ofConfigure(wish.sent), false);
  }

  /** Those who may only look have no wishes. */
  clear(): void {
    this.byTrack.clear();
  }

  forget(track: TrackId): void {
    this.byTrack.delete(track);
  }

  private ask(track: TrackId, { size, scale, maximized, fullscreen }: Local, resizing: boolean): void {
    this.serial += 1;
    const sent = { serial: this.serial, size, scale, maximized, fullscreen, resizing };
    this.byTrack.set(track, { sent, next: null, answer: null, resizing });
    this.send(track, sent);
  }
}

function answered(wish: Wish, window: Window): boolean {
  return window.configured >= wish.sent.serial;
}

function same(a: Local, b: Local): boolean {
  return (
    a.size.w === b.size.w &&
    a.size.h === b.size.h &&
    a.scale === b.scale &&
    a.maximized === b.maximized &&
    a.fullscreen === b.fullscreen
  );
}

function ofConfigure({ size, scale, maximized, fullscreen }: Configure): Local {
  return { size: size ?? { w: 0, h: 0 }, scale, maximized, fullscreen };
}

function ofWindow({ size, scale, states: { maximized, fullscreen } }: Window): Local {
  return { size, scale, maximized, fullscreen };
}
