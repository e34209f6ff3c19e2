/** A histogram of durations with logarithmic buckets: small, of fixed size, right to about 6 %. */

/** Buckets of each doubling. */
const STEPS = 8;
/** Doublings of a microsecond that are told apart: up to two minutes. */
const OCTAVES = 27;

/** How often which duration was seen. Durations are microseconds. */
export class Histogram {
  private readonly buckets = new Uint32Array(STEPS * OCTAVES);
  private largest = 0;
  private counted = 0;

  /** How many durations were counted. */
  get count(): number {
    return this.counted;
  }

  /** Counts a duration. */
  record(micros: number): void {
    const bucket = Math.min(Math.floor(Math.log2(Math.max(micros, 1)) * STEPS), this.buckets.length - 1);
    this.buckets[bucket] = (this.buckets[bucket] ?? 0) + 1;
    this.counted += 1;
    this.largest = Math.max(this.largest, micros);
  }

  /** The duration that `share` (0 to 1) of all do not exceed; null if none was counted. */
  quantile(share: number): number | null {
    const wanted = Math.max(Math.ceil(this.count * share), 1);
    let seen = 0;
    const bucket = this.buckets.findIndex((count) => (seen += count) >= wanted);
    return bucket < 0 ? null : Math.min(Math.round(2 ** ((bucket + 0.5) / STEPS)), this.largest);
  }
}
