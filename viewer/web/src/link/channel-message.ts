/** Messages on data channels, as `docs/protocol.md` has them: each begins with a byte that tells its kind. */

import { LANE, type Lane } from "../protocol/lane";

/** An update that has the places of its videos in front of it. */
export const UPDATE_WITH_VIDEO = 5;
/** The kind of a message: a lane's number, or that. */
export type Kind = Lane | typeof UPDATE_WITH_VIDEO;

/** Marks a part of a message. */
export const FRAGMENT_BIT = 0x80;
const KEYFRAME = 252;
const FAREWELL = 253;
const ANSWER = 254;
const QUESTION = 255;

const MAX_QUESTION = 8;

/** What the other end broke. */
export class ChannelError extends Error {}

/** One data channel message. */
export type Data =
  | { is: "whole"; kind: Kind; body: Uint8Array }
  | { is: "fragment"; kind: Kind; place: number; remaining: number; body: Uint8Array }
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
  const kind = first & ~FRAGMENT_BIT;
  if (!isKind(kind)) throw new ChannelError(`a message for lane ${kind}`);
  if ((first & FRAGMENT_BIT) === 0) return { is: "whole", kind, body };
  if (body.length < 5) throw new ChannelError("a data channel message that is cut short");
  const view = new DataView(body.buffer, body.byteOffset);
  const [place, remaining] = [view.getUint8(0), view.getUint32(1)];
  return { is: "fragment", kind, place, remaining, body: body.subarray(5) };
}

function isKind(number: number): number is Kind {
  return number <= UPDATE_WITH_VIDEO;
}

/** On which lane a message counts. */
export function laneOf(kind: Kind): Lane {
  return kind === UPDATE_WITH_VIDEO ? LANE.update : kind;
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

/** Both, one behind the other. */
export function joined(head: ArrayLike<number>, body: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(head.length + body.length);
  bytes.set(head);
  bytes.set(body, head.length);
  return bytes;
}
