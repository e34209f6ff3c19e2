/**
 * Small messages of the reliable channels go a second time over the unreliable one, a little later and so in a packet of their own:
 * SCTP takes up to a second to repeat a packet that nothing follows, and holds back what came after it. See
 * `transport/src/webrtc/echo.rs`, which is the other end.
 */

const ECHO = 251;
/** The kind, the channel, and the number of the message in it. */
const HEAD = 6;
/** How long after a message its echo goes, and after that each of the packets that follow it; in milliseconds. */
const PAUSE = 10;
/** The packets after a message: so many SCTP wants acknowledged before it repeats another. */
const ROUNDS = 3;
/** How often a message is repeated: on bad networks its first echo is lost, too. */
const REPEATS = 2;
/** The most bytes of messages that are repeated at once. */
const MAX_BYTES = 1000;

/** What was sent and is to be repeated. */
export class Echoes {
  private readonly counts: number[] = [];
  private waiting: { echo: Uint8Array<ArrayBuffer>; left: number }[] = [];
  private round = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** `send` is to send over the unreliable channel. */
  constructor(private readonly send: (echo: Uint8Array<ArrayBuffer>) => void) {}

  /** A reliable channel was given a message. */
  sent(channel: number, message: Uint8Array): void {
    const number = this.counts[channel] ?? 0;
    this.counts[channel] = (number + 1) >>> 0;
    const bytes = this.waiting.reduce((sum, { echo }) => sum + echo.length, 0);
    if (bytes + message.length <= MAX_BYTES) {
      const echo = new Uint8Array(HEAD + message.length);
      echo.set([ECHO, channel]);
      new DataView(echo.buffer).setUint32(2, number);
      echo.set(message, HEAD);
      this.waiting.push({ echo, left: REPEATS });
    }
    // A first round that waits already takes this with it: else what is sent all the time would never be repeated.
    if (this.timer === undefined || this.round > 0) this.schedule(0);
  }

  /** Nothing is sent any more. */
  end(): void {
    clearTimeout(this.timer);
  }

  private schedule(round: number): void {
    clearTimeout(this.timer);
    this.round = round;
    this.timer = setTimeout(() => this.repeat(), PAUSE);
  }

  private repeat(): void {
    this.timer = undefined;
    if (this.waiting.length === 0) this.send(Uint8Array.of(ECHO));
    for (const { echo } of this.waiting) this.send(echo);
    this.waiting = this.waiting.flatMap(({ echo, left }) => (left > 1 ? { echo, left: left - 1 } : []));
    if (this.round + 1 < ROUNDS) this.schedule(this.round + 1);
  }
}

/** What came, in order and each once. */
export class Originals {
  /** Messages of each channel that were taken, from it or by their echoes. */
  private readonly taken: number[] = [];
  /** Messages that came by the channel itself. */
  private readonly arrived: number[] = [];

  /** A message came by a reliable channel: whether it is new. */
  came(channel: number): boolean {
    const number = this.arrived[channel] ?? 0;
    this.arrived[channel] = (number + 1) >>> 0;
    if (number !== (this.taken[channel] ?? 0)) return false;
    this.taken[channel] = (number + 1) >>> 0;
    return true;
  }

  /** A message came by the unreliable channel: whether it is no echo, one that stands for the next message of a channel, or says nothing new. */
  heard(data: Uint8Array): "other" | null | { channel: number; message: Uint8Array } {
    if (data[0] !== ECHO) return "other";
    if (data.length <= HEAD) return null;
    const view = new DataView(data.buffer, data.byteOffset);
    const [channel, number] = [view.getUint8(1), view.getUint32(2)];
    // Only the next: what comes after a gap is in order only once the gap is filled.
    if (channel > 1 || number !== (this.taken[channel] ?? 0)) return null;
    this.taken[channel] = (number + 1) >>> 0;
    return { channel, message: data.subarray(HEAD) };
  }
}
