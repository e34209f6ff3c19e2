/**
 * Notices soon that a host has fallen silent. Links find out by themselves, but take their time, since what is silent for some
 * seconds often comes back: a host that was killed says nothing over UDP. People should see at once that nobody answers them.
 *
 * While somebody looks, a link that is quiet for a moment is asked, and one that has not answered a second later is silent. What
 * comes after all ends the silence. Meanwhile the host is sought by the page's own way, HTTP: one that refuses it is gone, and one
 * that answers is there, so that the link has lost its way and looks for another.
 */

import type { Link } from "./link";

/** What is asked for, and who hears of it. */
export interface WatchOptions {
  link: Pick<Link, "ask" | "networkChanged" | "stats">;
  /** Whether the host answers over HTTP: it does, it refuses, or nothing comes. */
  seek(): Promise<Sought>;
  /** Silence begins or ends. */
  silent(silent: boolean): void;
  /** The host is gone. */
  gone(reason: string): void;
}

export type Sought = "there" | "refuses" | "nothing";

/** Between two looks, in milliseconds: they are counted, so that the time that a machine sleeps is no silence. */
const LOOK = 250;
/** Looks without anything new until the host is asked; then every other look, since questions get lost, and later more rarely. */
const QUIET = 3;
const ASKS = { soon: 2, late: 4 };
/** How long a link is without anything new until it is silent, in milliseconds; round trips come on top. */
const SILENT = 1_750;
const ROUND_TRIPS = 3;
/** A network that changes refuses for a moment, too. */
const REFUSALS = 2;
/** Between two tries to find the host, in milliseconds. */
const PAUSE = 500;

export class Watch {
  private looking: ReturnType<typeof setInterval> | undefined;
  private received = 0;
  private quiet = 0;
  private silence = false;
  private ended = false;

  constructor(private readonly options: WatchOptions) {}

  /** Somebody looks, or nobody does: then silence costs nothing and hurts nobody. */
  set on(on: boolean) {
    clearInterval(this.looking);
    this.looking = undefined;
    this.quiet = 0;
    if (on && !this.ended) this.looking = setInterval(() => this.look(), LOOK);
  }

  /** The link is over. */
  end(): void {
    this.ended = true;
    this.on = false;
  }

  private look(): void {
    const { receivedBytes, rtt } = this.options.link.stats();
    if (receivedBytes !== this.received) {
      this.received = receivedBytes;
      this.quiet = 0;
      return this.say(false);
    }
    this.quiet++;
    const every = this.silence ? ASKS.late : ASKS.soon;
    if (this.quiet >= QUIET && (this.quiet - QUIET) % every === 0) this.options.link.ask();
    if (this.quiet * LOOK >= SILENT + ROUND_TRIPS * (rtt ?? 0)) this.say(true);
  }

  private say(silent: boolean): void {
    if (silent === this.silence) return;
    this.silence = silent;
    this.options.silent(silent);
    if (silent) void this.seek();
  }

  private async seek(): Promise<void> {
    const { seek, gone, link } = this.options;
    for (let refusals = 0, found = false; !found; await pause(PAUSE)) {
      const sought = await seek();
      if (!this.silence || this.ended) return;
      refusals = sought === "refuses" ? refusals + 1 : 0;
      if (refusals >= REFUSALS) return gone("the host cannot be reached");
      found = sought === "there";
      if (found) link.networkChanged();
    }
  }
}

function pause(millis: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, millis));
}
