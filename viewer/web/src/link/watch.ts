/**
 * Notices soon that a host has fallen silent. Links find out by themselves, but take their time, since what
 * is silent for some seconds often comes back: a host that was killed says nothing over UDP. People should
 * see at once that nobody answers them.
 *
 * While somebody looks, a link that is quiet for a moment is asked, and one that has not answered a second
 * later is silent. What comes after all ends the silence. Meanwhile the host is sought by the page's own way,
 * HTTP. If nobody is there, or somebody else answers, it is gone. If the host itself answers, the link has
 * lost its way and looks for another. If nothing comes at all, neither over the link nor over HTTP, the link
 * is given up after a while: whoever is killed together with its network says nothing, and no event of the
 * browser tells of it.
 */

import type { Link } from "./link";

/** What is asked for, and who hears of it. */
export interface WatchOptions {
  link: Pick<Link, "ask" | "networkChanged" | "stats">;
  /** Whether the host answers over HTTP. */
  seek(): Promise<Sought>;
  /** Silence begins or ends. */
  silent(silent: boolean): void;
  /** The host is gone. */
  gone(reason: string): void;
}

export type Sought =
  /** The process that the link was made with. */
  | "there"
  /** The connection was refused, or somebody else answers. */
  | "gone"
  /** No answer came. */
  | "nothing";

/**
 * Between two looks, in milliseconds: they are counted, so that the time that a machine sleeps is no silence.
 */
const LOOK_EVERY = 250;
/**
 * Looks without anything new until the host is asked; then every other look, since questions get lost, and
 * later more rarely.
 */
const QUIET_LOOKS = 3;
const ASKS = { soon: 2, late: 4 };
/** How long a link is without anything new until it is silent, in milliseconds; round trips come on top. */
const SILENT_AFTER = 1_750;
const SILENT_ROUND_TRIPS = 3;
/** The most that comes on top: people should know within some three seconds on any path. */
const MAX_SILENT_ROUND_TRIPS = 1_500;
/**
 * How long a link is silent until it is given up if HTTP brings nothing either, in milliseconds; round trips
 * come on top.
 */
const GIVEN_UP_AFTER = 5_000;
/** How often in a row the host must be found gone: a network that changes refuses for a moment, too. */
const GONE_TIMES = 2;
/** Between two tries to find the host, in milliseconds. */
const SEEK_EVERY = 500;

export class Watch {
  private looking: ReturnType<typeof setInterval> | undefined;
  private received = 0;
  private quiet = 0;
  private silence = false;
  /** Whether the host answered over HTTP when it was sought last. */
  private found = false;
  /** How often the host was begun to be sought: an earlier search ends with a later one. */
  private searches = 0;
  private ended = false;

  constructor(private readonly options: WatchOptions) {}

  /** Somebody looks, or nobody does: then silence costs nothing and hurts nobody. */
  set on(on: boolean) {
    clearInterval(this.looking);
    this.looking = undefined;
    this.quiet = 0;
    this.searches++;
    if (!on || this.ended) return;
    this.looking = setInterval(() => this.look(), LOOK_EVERY);
    if (this.silence) void this.seek();
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
    if (this.quiet >= QUIET_LOOKS && (this.quiet - QUIET_LOOKS) % every === 0) this.options.link.ask();
    const silent =
      this.quiet * LOOK_EVERY - Math.min(SILENT_ROUND_TRIPS * (rtt ?? 0), MAX_SILENT_ROUND_TRIPS);
    if (silent >= SILENT_AFTER) this.say(true);
    if (silent >= GIVEN_UP_AFTER && !this.found) {
      this.options.gone(`nothing was heard from the host for ${GIVEN_UP_AFTER / 1000} seconds`);
    }
  }

  private say(silent: boolean): void {
    if (silent === this.silence) return;
    this.silence = silent;
    this.found = false;
    this.searches++;
    this.options.silent(silent);
    if (silent) void this.seek();
  }

  private async seek(): Promise<void> {
    const { seek, gone, link } = this.options;
    const search = ++this.searches;
    // A host may still go after it was found.
    for (let times = 0, told = false; search === this.searches; await pause(SEEK_EVERY)) {
      const sought = await seek();
      if (search !== this.searches) return;
      times = sought === "gone" ? times + 1 : 0;
      if (times >= GONE_TIMES) return gone("the host cannot be reached");
      this.found = sought === "there";
      if (this.found && !told) link.networkChanged();
      told ||= this.found;
    }
  }
}

function pause(millis: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, millis));
}
