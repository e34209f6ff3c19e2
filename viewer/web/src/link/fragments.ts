/** Long messages are cut into fragments, so that nothing urgent waits behind something large. */

import { MAX_MESSAGE, type Lane } from "../protocol/lane";
import { ChannelError, FRAGMENT_BIT, joined, laneOf, type Data } from "./channel-message";

/** The most bytes of a message in one fragment. */
const FRAGMENT_BYTES = 8 << 10;
/** Messages of one kind that may be under way at once. */
const MAX_PLACES = 16;

/** The data channel messages of a message. */
export function* fragmentsOf(lane: Lane, message: Uint8Array): Generator<Uint8Array<ArrayBuffer>> {
  if (message.length <= FRAGMENT_BYTES) return yield joined([lane], message);
  for (let at = 0; at < message.length; at += FRAGMENT_BYTES) {
    const head = new Uint8Array(6);
    head[0] = lane | FRAGMENT_BIT;
    new DataView(head.buffer).setUint32(2, message.length - at);
    yield joined(head, message.subarray(at, at + FRAGMENT_BYTES));
  }
}

/** A message of which parts have come. */
interface Part {
  bytes: Uint8Array;
  filled: number;
}

/**
 * Joins fragments. The length that the first announces is checked against the lane's limit before memory is
 * taken.
 */
export class Reassembler {
  private readonly parts = new Map<number, Part>();

  /** The message that this fragment completes, if it does. */
  push({ kind, place, remaining, body }: Extract<Data, { is: "fragment" }>): Uint8Array | null {
    const key = kind * MAX_PLACES + place;
    let part = this.parts.get(key);
    if (part === undefined) {
      if (place >= MAX_PLACES) throw new ChannelError(`a fragment for place ${place}`);
      if (remaining > MAX_MESSAGE[laneOf(kind)]) {
        throw new ChannelError(`a message of ${remaining} bytes is too long for lane ${laneOf(kind)}`);
      }
      this.parts.set(key, (part = { bytes: new Uint8Array(remaining), filled: 0 }));
    }
    if (remaining !== part.bytes.length - part.filled || body.length === 0 || body.length > remaining) {
      throw new ChannelError("a message began within a message");
    }
    part.bytes.set(body, part.filled);
    part.filled += body.length;
    if (part.filled < part.bytes.length) return null;
    this.parts.delete(key);
    return part.bytes;
  }
}
