/**
 * Messages on data channels, as `docs/protocol.md` has them: each begins with a byte that tells its kind, and long ones are cut
 * into pieces, so that nothing urgent waits behind something large.
 */

import { LANE, MAX_MESSAGE, type Lane } from "./link";

/** An update that has the places of its videos in front of it. */
export const UPDATE_WITH_ASIDE = 5;
/** The kind of a message: a lane's number, or that. */
export type Kind = Lane | typeof UPDATE_WITH_ASIDE;

const PIECE_BIT = 0x80;
const KEYFRAME = 252;
const FAREWELL = 253;
const ANSWER = 254;
const QUESTION = 255;

/** The most bytes of a message in one piece. */
const PIECE = 8 << 10;
/** Messages of one kind that may be under way at once. */
const PLACES = 16;
const MAX_QUESTION = 8;

/** What the other end broke. */
export class ChannelError extends Error {}

/** One data channel message. */
export type Data =
  | { is: "whole"; kind: Kind; body: Uint8Array }
  | { is: "piece"; kind: Kind; place: number; remaining: number; body: Uint8Array }
  | { is: "farewell"; code: number; sentence: string }
  | { is: "question"; body: Uint8Array }
  | { is: "answer"; body: Uint8Array };

/** What the host sent. */
export function read(bytes: Uint8Array): Data {
  const [first] = bytes;
  if (first === undefined) throw new ChannelError("an empty data channel message");
  const body = bytes.subarray(1);
  if (first === QUESTION || first === ANSWER) {
    if (body.length > MAX_QUESTION) throw new ChannelError("a question that is too long");
    return { is: first === QUESTION ? "question" : "answer", body };
  }
  if (first === FAREWELL) {
    return { is: "farewell", code: body[0] ?? 0, sentence: new TextDecoder().decode(body.subarray(1)) };
  }
  const kind = first & ~PIECE_BIT;
  if (!isKind(kind)) throw new ChannelError(`a message for lane ${kind}`);
  if ((first & PIECE_BIT) === 0) return { is: "whole", kind, body };
  if (body.length < 5) throw new ChannelError("a data channel message that is cut short");
  const view = new DataView(body.buffer, body.byteOffset);
  const [place, remaining] = [view.getUint8(0), view.getUint32(1)];
  return { is: "piece", kind, place, remaining, body: body.subarray(5) };
}

function isKind(number: number): number is Kind {
  return number <= UPDATE_WITH_ASIDE;
}

/** On which lane a message counts. */
export function laneOf(kind: Kind): Lane {
  return kind === UPDATE_WITH_ASIDE ? LANE.update : kind;
}

/** The data channel messages of a message. */
export function* cut(lane: Lane, message: Uint8Array): Generator<Uint8Array<ArrayBuffer>> {
  if (message.length <= PIECE) return yield joined([lane], message);
  for (let at = 0; at < message.length; at += PIECE) {
    const head = new Uint8Array(6);
    head[0] = lane | PIECE_BIT;
    new DataView(head.buffer).setUint32(2, message.length - at);
    yield joined(head, message.subarray(at, at + PIECE));
  }
}

/** Asks the host to show that it lives, or answers it. */
export function question(is: "question" | "answer", body: Uint8Array): Uint8Array<ArrayBuffer> {
  return joined([is === "question" ? QUESTION : ANSWER], body);
}

/** Tells the host why this end closes. */
export function farewell(code: number, sentence: string): Uint8Array<ArrayBuffer> {
  return joined([FAREWELL, code], new TextEncoder().encode(sentence));
}

/** Asks the host for a keyframe in an RTP slot. */
export function keyframeWanted(slot: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array([KEYFRAME, slot]);
}

function joined(head: ArrayLike<number>, body: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(head.length + body.length);
  bytes.set(head);
  bytes.set(body, head.length);
  return bytes;
}

/** A message of which parts have come. */
interface Part {
  bytes: Uint8Array;
  filled: number;
}

/** Joins pieces. The length that the first announces is checked against the lane's limit before memory is taken. */
export class Joiner {
  private readonly parts = new Map<number, Part>();

  /** The message that this piece completes, if it does. */
  push({ kind, place, remaining, body }: Extract<Data, { is: "piece" }>): Uint8Array | null {
    const key = kind * PLACES + place;
    let part = this.parts.get(key);
    if (part === undefined) {
      if (place >= PLACES) throw new ChannelError(`a piece for place ${place}`);
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
