/**
 * Puts together what the reliable channels carry from the messages themselves, their duplicates and their
 * retransmissions: in order, each once. What is known to be missing is asked for. See
 * `transport/src/webrtc/arq/in_order.rs`, which is the other end.
 */

import { CHANNELS, COUNTS, DUPLICATE } from "./duplicates";
import { MAX_PARTS, PART_BYTES, RETRANSMISSION } from "./retransmit";

const MISSING = 249;
/**
 * How long something is missing until it is asked for, and for how long it is then waited for; in
 * milliseconds.
 */
const ASK_AFTER = 60;
const ASK_AGAIN_AFTER = 100;
/**
 * The most bytes of messages of a channel that are kept until it is their turn, and how far ahead they may
 * be.
 */
const MAX_EARLY = 256 << 10;
const MAX_AHEAD = 4096;
/** The most messages of a channel of which some parts are there. */
const MAX_PARTIAL = 32;

/** Who hears what comes. */
export interface InOrderHandler {
  /** The next message of a reliable channel. */
  whole(channel: number, message: Uint8Array): void;
  /** The host lacks messages of a channel, this one before all. */
  asked(channel: number, number: number): void;
  /** Sends over the unreliable channel. */
  ask(question: Uint8Array<ArrayBuffer>): void;
}

/** See the file's comment. */
export class InOrder {
  private readonly channels: Incoming[];

  constructor(private readonly handler: InOrderHandler) {
    this.channels = Array.from({ length: CHANNELS }, (_, channel) => new Incoming(channel, handler));
  }

  /** A message came by a reliable channel itself. */
  handleReliable(channel: number, message: Uint8Array): void {
    this.channels[channel]?.arrived(message);
  }

  /** A message came by the unreliable channel: whether it was about others. */
  handleUnreliable(data: Uint8Array): boolean {
    const [kind] = data;
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    if (kind === COUNTS) {
      if (data.length === 1 + 4 * CHANNELS)
        this.channels.forEach((incoming, channel) => incoming.counted(view.getUint32(1 + 4 * channel)));
      return true;
    }
    if (kind !== DUPLICATE && kind !== MISSING && kind !== RETRANSMISSION) return false;
    const channel = data.length < 6 ? CHANNELS : view.getUint8(1);
    if (channel >= CHANNELS) return true;
    const number = view.getUint32(2);
    if (kind === MISSING) this.handler.asked(channel, number);
    else if (kind === DUPLICATE) this.channels[channel]?.duplicate(number, data.subarray(6));
    else this.channels[channel]?.retransmit(number, data.subarray(6));
    return true;
  }

  /** Nothing comes any more. */
  end(): void {
    for (const incoming of this.channels) incoming.end();
  }
}

/** What came of one channel. Messages are counted from 0. */
class Incoming {
  /** Handed out. */
  private taken = 0;
  /** Came by the channel itself: SCTP leaves out none. */
  private number = 0;
  /** The host is known to have sent. */
  private known = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly early = new Map<number, Uint8Array>();
  private earlyBytes = 0;
  private readonly partial = new Map<number, Uint8Array[]>();

  constructor(
    private readonly channel: number,
    private readonly handler: InOrderHandler,
  ) {}

  arrived(message: Uint8Array): void {
    const number = this.number++;
    this.known = Math.max(this.known, this.number);
    this.offer(number, message);
    this.handOut();
  }

  counted(count: number): void {
    this.known = Math.max(this.known, this.near(count) ?? 0);
    this.handOut();
  }

  duplicate(wire: number, message: Uint8Array): void {
    const number = this.near(wire);
    if (number === null || message.length === 0) return;
    this.known = Math.max(this.known, number + 1);
    this.offer(number, message);
    this.handOut();
  }

  retransmit(wire: number, part: Uint8Array): void {
    const number = this.near(wire);
    const [index = 0, count = 0] = part;
    const sound = part.length >= 2 && part.length <= 2 + PART_BYTES && index < count && count <= MAX_PARTS;
    if (number === null || !sound) return;
    // The others of that answer are on their way.
    if (this.timer !== undefined) this.postpone();
    this.known = Math.max(this.known, number + 1);
    const parts = this.partial.get(number) ?? [];
    if (!this.partial.has(number) && this.partial.size >= MAX_PARTIAL) return;
    this.partial.set(number, parts);
    parts[index] = part.subarray(2);
    // Places that nothing was put in are passed over.
    if (parts.filter(() => true).length === count) {
      this.partial.delete(number);
      this.offer(number, joined(parts));
    }
    this.handOut();
  }

  end(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.known = 0;
  }

  /**
   * A number on the wire, counted on beyond 32 bits; null if it is past, or further ahead than anything can
   * be.
   */
  private near(number: number): number | null {
    const ahead = (number - this.taken) >>> 0;
    return ahead <= MAX_AHEAD ? this.taken + ahead : null;
  }

  private offer(number: number, message: Uint8Array): void {
    const hasRoom = number === this.taken || this.earlyBytes + message.length <= MAX_EARLY;
    if (number < this.taken || !hasRoom || this.early.has(number)) return;
    this.earlyBytes += message.length;
    this.early.set(number, message);
  }

  private handOut(): void {
    const before = this.taken;
    for (let message; (message = this.early.get(this.taken)) !== undefined;) {
      this.early.delete(this.taken);
      this.partial.delete(this.taken);
      this.earlyBytes -= message.length;
      this.taken++;
      this.handler.whole(this.channel, message);
    }
    if (this.taken !== before || this.known <= this.taken) {
      clearTimeout(this.timer);
      this.timer = undefined;
    }
    if (this.known > this.taken) this.timer ??= setTimeout(() => this.ask(), ASK_AFTER);
  }

  private postpone(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), ASK_AFTER);
  }

  private ask(): void {
    this.timer = setTimeout(() => this.ask(), ASK_AGAIN_AFTER);
    const question = Uint8Array.of(MISSING, this.channel, 0, 0, 0, 0);
    new DataView(question.buffer).setUint32(2, this.taken);
    this.handler.ask(question);
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const message = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    message.set(part, at);
    at += part.length;
  }
  return message;
}
