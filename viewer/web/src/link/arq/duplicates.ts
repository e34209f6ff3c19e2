/**
 * Small messages of the reliable channels go a second time over the unreliable one, a little later and so in
 * a packet of their own: SCTP takes up to a second to repeat a packet that nothing follows, and holds back
 * what came after it. See `transport/src/webrtc/arq/duplicates.rs`, which is the other end.
 */

export const DUPLICATE = 251;
/** How many messages each channel has had, where nothing is to be repeated. */
export const COUNTS = 250;
/** The reliable channels. */
export const CHANNELS = 2;
/** The kind, the channel, and the number of the message in it. */
const HEAD = 6;
/**
 * How long after a message its duplicate goes, and after that each of the packets that follow it; in
 * milliseconds.
 */
const DUPLICATE_AFTER = 10;
/** The packets after a message: so many SCTP wants acknowledged before it repeats another. */
const PACKETS_AFTER = 3;
/** How often a message is repeated: on bad networks its first duplicate is lost, too. */
const COPIES = 2;
/** The most bytes of messages that are repeated at once. */
const MAX_DUPLICATED = 1000;

/** What was sent and is to be repeated. */
export class Duplicates {
  private readonly counts = new Array<number>(CHANNELS).fill(0);
  private waiting: { duplicate: Uint8Array<ArrayBuffer>; left: number }[] = [];
  private round = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** `send` is to send over the unreliable channel. */
  constructor(private readonly send: (duplicate: Uint8Array<ArrayBuffer>) => void) {}

  /** A reliable channel was given a message. */
  sent(channel: number, message: Uint8Array): void {
    const number = this.counts[channel] ?? 0;
    this.counts[channel] = (number + 1) >>> 0;
    const bytes = this.waiting.reduce((sum, { duplicate }) => sum + duplicate.length, 0);
    if (bytes + message.length <= MAX_DUPLICATED) {
      const duplicate = new Uint8Array(HEAD + message.length);
      duplicate.set([DUPLICATE, channel]);
      new DataView(duplicate.buffer).setUint32(2, number);
      duplicate.set(message, HEAD);
      this.waiting.push({ duplicate, left: COPIES });
    }
    // A first round that waits already takes this with it: else what is sent all the time would never be
    // repeated.
    if (this.timer === undefined || this.round > 0) this.schedule(0);
  }

  /** Nothing is sent any more. */
  end(): void {
    clearTimeout(this.timer);
  }

  private schedule(round: number): void {
    clearTimeout(this.timer);
    this.round = round;
    this.timer = setTimeout(() => this.repeat(), DUPLICATE_AFTER);
  }

  private repeat(): void {
    this.timer = undefined;
    if (this.waiting.length === 0) this.send(this.counted());
    for (const { duplicate } of this.waiting) this.send(duplicate);
    this.waiting = this.waiting.flatMap(({ duplicate, left }) =>
      left > 1 ? { duplicate, left: left - 1 } : [],
    );
    if (this.round + 1 < PACKETS_AFTER) this.schedule(this.round + 1);
  }

  private counted(): Uint8Array<ArrayBuffer> {
    const counts = new Uint8Array(1 + 4 * CHANNELS);
    counts[0] = COUNTS;
    const view = new DataView(counts.buffer);
    this.counts.forEach((count, channel) => view.setUint32(1 + 4 * channel, count));
    return counts;
  }
}
