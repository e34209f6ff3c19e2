/**
 * Keeps what the reliable channels were given for a while, and makes repairs of what the host lacks: they go over the unreliable
 * channel, since SCTP may take a second to repeat something. See `transport/src/webrtc/repair.rs`, which is the other end.
 */

import { CHANNELS } from "./echo";

export const REPAIR = 248;
/** The most bytes of a message in one repair, and the most parts of a message. */
export const PART = 1000;
export const MAX_PARTS = 16;
/** The most bytes of a channel's messages that are kept, and for how long, in milliseconds: SCTP is done with them then. */
const MAX_KEPT = 256 << 10;
const KEPT = 10_000;
/** The most parts that one question is answered with: on a path that loses, SCTP takes no more in a round trip. */
const BUDGET = 4;
/** What went out so long ago should be there, in milliseconds; round trips come on top. */
const OLD = 60;

interface Message {
  readonly data: Uint8Array;
  /** Bytes that the channel had with it. */
  readonly end: number;
  readonly given: number;
  /** Which part goes next when it is repaired. */
  next: number;
}

/** See the file's comment. */
export class Kept {
  private readonly channels = Array.from({ length: CHANNELS }, () => new Sent());

  /** A channel was given a message. */
  given(now: number, channel: number, data: Uint8Array): void {
    this.channels[channel]?.given(now, data);
  }

  /**
   * Repairs of what the host lacks from this number on, as many as go at once; the next question is answered with the parts that
   * follow. `waiting`: bytes of the channel that have not gone out; `roundTrip` in milliseconds.
   */
  repairs(
    now: number,
    [channel, number]: [number, number],
    waiting: number,
    roundTrip: number,
  ): Uint8Array<ArrayBuffer>[] {
    const lacking = this.channels[channel]?.lacking(now, number, waiting, OLD + roundTrip) ?? [];
    const repairs: Uint8Array<ArrayBuffer>[] = [];
    for (const [number, message] of lacking)
      repairs.push(...parts(channel, number, message, BUDGET - repairs.length));
    return repairs;
  }
}

/** What one channel was given. */
class Sent {
  private readonly messages: Message[] = [];
  /** The number of the first that is kept. */
  private first = 0;
  private bytes = 0;
  private end = 0;

  given(now: number, data: Uint8Array): void {
    this.end += data.length;
    this.bytes += data.length;
    this.messages.push({ data, end: this.end, given: now, next: 0 });
    for (;;) {
      const [oldest] = this.messages;
      if (oldest === undefined || (this.bytes <= MAX_KEPT && now < oldest.given + KEPT)) return;
      this.messages.shift();
      this.bytes -= oldest.data.length;
      this.first = (this.first + 1) >>> 0;
    }
  }

  lacking(now: number, number: number, waiting: number, old: number): [number, Message][] {
    const from = (number - this.first) >>> 0;
    const lacking: [number, Message][] = [];
    for (let at = from; at < Math.min(this.messages.length, from + BUDGET); at++) {
      const message = this.messages[at]!;
      const wentOut = message.end <= this.end - waiting;
      if (!wentOut || now < message.given + old) break;
      lacking.push([(this.first + at) >>> 0, message]);
    }
    return lacking;
  }
}

/** Some parts, from where the last repair ended. */
function parts(channel: number, number: number, message: Message, most: number): Uint8Array<ArrayBuffer>[] {
  const { data } = message;
  const count = Math.ceil(data.length / PART);
  if (count > MAX_PARTS) return [];
  return Array.from({ length: Math.min(count, most) }, () => {
    const index = message.next % count;
    message.next = index + 1;
    const body = data.subarray(index * PART, (index + 1) * PART);
    const part = new Uint8Array(8 + body.length);
    part.set([REPAIR, channel]);
    new DataView(part.buffer).setUint32(2, number);
    part.set([index, count], 6);
    part.set(body, 8);
    return part;
  });
}
