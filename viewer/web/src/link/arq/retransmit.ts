/**
 * Keeps what the reliable channels were given for a while, and makes retransmissions of what the host lacks:
 * they go over the unreliable channel, since SCTP may take a second to repeat something. See
 * `transport/src/webrtc/arq/retransmit.rs`, which is the other end.
 */

import { CHANNELS } from "./duplicates";

export const RETRANSMISSION = 248;
/** The most bytes of a message in one retransmission, and the most parts of a message. */
export const PART_BYTES = 1000;
export const MAX_PARTS = 16;
/**
 * The most bytes of a channel's messages that are kept, and for how long, in milliseconds: SCTP is done with
 * them then.
 */
const MAX_KEPT = 256 << 10;
const KEPT_FOR = 10_000;
/**
 * The most parts that one question is answered with: on a path that loses, SCTP takes no more in a round
 * trip.
 */
const PARTS_PER_ANSWER = 4;
/** What went out so long ago should be there, in milliseconds; round trips come on top. */
const OVERDUE_AFTER = 60;

interface Message {
  readonly data: Uint8Array;
  /** Bytes that the channel had with it. */
  readonly end: number;
  readonly given: number;
  /** Which part goes next when it is repaired. */
  next: number;
}

/** See the file's comment. */
export class RetransmitBuffer {
  private readonly channels = Array.from({ length: CHANNELS }, () => new Sent());

  /** A channel was given a message. */
  push(now: number, channel: number, data: Uint8Array): void {
    this.channels[channel]?.push(now, data);
  }

  /**
   * Repairs of what the host lacks from this number on, as many as go at once; the next question is answered
   * with the parts that follow. `waiting`: bytes of the channel that have not gone out; `roundTrip` in
   * milliseconds.
   */
  retransmissions(
    now: number,
    [channel, number]: [number, number],
    waiting: number,
    roundTrip: number,
  ): Uint8Array<ArrayBuffer>[] {
    const lacking = this.channels[channel]?.lacking(now, number, waiting, OVERDUE_AFTER + roundTrip) ?? [];
    const retransmissions: Uint8Array<ArrayBuffer>[] = [];
    for (const [number, message] of lacking)
      retransmissions.push(...parts(channel, number, message, PARTS_PER_ANSWER - retransmissions.length));
    return retransmissions;
  }
}

/** What one channel was given. */
class Sent {
  private readonly messages: Message[] = [];
  /** The number of the first that is kept. */
  private first = 0;
  private bytes = 0;
  private end = 0;

  push(now: number, data: Uint8Array): void {
    this.end += data.length;
    this.bytes += data.length;
    this.messages.push({ data, end: this.end, given: now, next: 0 });
    for (;;) {
      const [oldest] = this.messages;
      if (oldest === undefined || (this.bytes <= MAX_KEPT && now < oldest.given + KEPT_FOR)) return;
      this.messages.shift();
      this.bytes -= oldest.data.length;
      this.first = (this.first + 1) >>> 0;
    }
  }

  lacking(now: number, number: number, waiting: number, old: number): [number, Message][] {
    const from = (number - this.first) >>> 0;
    const lacking: [number, Message][] = [];
    for (let at = from; at < Math.min(this.messages.length, from + PARTS_PER_ANSWER); at++) {
      const message = this.messages[at]!;
      const wentOut = message.end <= this.end - waiting;
      if (!wentOut || now < message.given + old) break;
      lacking.push([(this.first + at) >>> 0, message]);
    }
    return lacking;
  }
}

/** Some parts, from where the last retransmission ended. */
function parts(channel: number, number: number, message: Message, most: number): Uint8Array<ArrayBuffer>[] {
  const { data } = message;
  const count = Math.ceil(data.length / PART_BYTES);
  if (count > MAX_PARTS) return [];
  return Array.from({ length: Math.min(count, most) }, () => {
    const index = message.next % count;
    message.next = index + 1;
    const body = data.subarray(index * PART_BYTES, (index + 1) * PART_BYTES);
    const part = new Uint8Array(8 + body.length);
    part.set([RETRANSMISSION, channel]);
    new DataView(part.buffer).setUint32(2, number);
    part.set([index, count], 6);
    part.set(body, 8);
    return part;
  });
}
