/**
 * The offset between the viewer's clock and the host's, from pings. All times are microseconds.
 *
 * The answer that came back fastest says best how the clocks stand. Pings go out when a link begins and every
 * `INTERVAL` while pictures come, and every `HOLDING` while a key is held down; a link at rest is silent.
 */

/** Between two pings while the link is in use. */
const INTERVAL = 5_000_000;
/** The first pings of a link follow each other sooner. */
const FIRST = 150_000;
/** How many of them. */
const FIRST_PINGS = 3;
/**
 * While a key is held down: apps repeat it until they hear of its end, which they must not be told if nobody
 * is heard.
 */
const HOLDING = 150_000;
/** How many answers are compared. */
const MAX_SAMPLES = 8;

interface Sample {
  roundTrip: number;
  /** Host's clock minus viewer's. */
  offset: number;
}

/** How the clocks stand. */
export class Clock {
  private samples: Sample[] = [];
  /** From the greeting, until the first answer. */
  private guess = 0;
  private pings = 0;
  private lastPing: number | null = null;
  private used = false;

  /** A link begins: the host said what time it is. */
  begin(now: number, host: number): void {
    this.samples = [];
    this.guess = host - now;
    this.pings = 0;
    this.lastPing = null;
    this.used = false;
  }

  /** Something came or went: the link is in use. */
  touch(): void {
    this.used = true;
  }

  /** An answer came. */
  pong(now: number, viewer: number, host: number): void {
    if (viewer > now) return;
    const roundTrip = now - viewer;
    if (this.samples.length >= MAX_SAMPLES) this.samples.shift();
    this.samples.push({ roundTrip, offset: host - (viewer + roundTrip / 2) });
  }

  /** When the next ping is due, if the link is in use. `holding`: whether a key is down that apps repeat. */
  timeout(holding: boolean): number | null {
    if (this.lastPing === null) return 0;
    if (this.pings < FIRST_PINGS) return this.lastPing + FIRST;
    if (holding) return this.lastPing + HOLDING;
    return this.used ? this.lastPing + INTERVAL : null;
  }

  /** Whether a ping goes now; notes that it went. */
  due(now: number, holding: boolean): boolean {
    const at = this.timeout(holding);
    if (at === null || at > now) return false;
    this.pings += 1;
    this.lastPing = now;
    this.used = false;
    return true;
  }

  /** The least round trip of the newest answers. */
  roundTrip(): number | null {
    return this.best()?.roundTrip ?? null;
  }

  /** A host's time on the viewer's clock. */
  toViewer(host: number): number {
    return host - this.offset();
  }

  /** Host's clock minus viewer's. */
  offset(): number {
    return this.best()?.offset ?? this.guess;
  }

  private best(): Sample | null {
    return this.samples.reduce<Sample | null>(
      (best, sample) => (best === null || sample.roundTrip < best.roundTrip ? sample : best),
      null,
    );
  }
}
