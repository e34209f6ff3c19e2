/**
 * Messages on streams of bytes: each follows its length in 4 bytes, big-endian. What a stream delivers may be
 * cut anywhere.
 */

import { MAX_MESSAGE, type Lane } from "../protocol/lane";

const LENGTH = 4;

/** The host broke the rules of framing. */
export class FramingError extends Error {}

/** `bytes` with their length before them; `before` stands before both. */
export function framed(bytes: Uint8Array, before: number[] = []): Uint8Array {
  const frame = new Uint8Array(before.length + LENGTH + bytes.length);
  frame.set(before);
  new DataView(frame.buffer).setUint32(before.length, bytes.length);
  frame.set(bytes, before.length + LENGTH);
  return frame;
}

/**
 * Puts the messages of one lane together. Memory is taken for what has been checked against the lane's limit.
 */
export class Unframer {
  private readonly head = new Uint8Array(LENGTH);
  private headFilled = 0;
  private body: Uint8Array | null = null;
  private bodyFilled = 0;

  constructor(private readonly lane: Lane) {}

  /** The messages that are whole with this chunk. */
  push(chunk: Uint8Array): Uint8Array[] {
    const messages: Uint8Array[] = [];
    for (let rest = chunk; rest.length > 0;) {
      rest = this.body === null ? this.takeHead(rest) : this.takeBody(this.body, rest);
      if (this.body !== null && this.bodyFilled === this.body.length) {
        messages.push(this.body);
        this.body = null;
      }
    }
    return messages;
  }

  /** Whether nothing of a message is missing. */
  get atBoundary(): boolean {
    return this.headFilled === 0 && this.body === null;
  }

  private takeHead(chunk: Uint8Array): Uint8Array {
    const part = chunk.subarray(0, LENGTH - this.headFilled);
    this.head.set(part, this.headFilled);
    this.headFilled += part.length;
    if (this.headFilled === LENGTH) {
      const length = new DataView(this.head.buffer).getUint32(0);
      if (length > MAX_MESSAGE[this.lane]) {
        throw new FramingError(`a message of ${length} bytes is too long for lane ${this.lane}`);
      }
      this.headFilled = 0;
      this.body = new Uint8Array(length);
      this.bodyFilled = 0;
    }
    return chunk.subarray(part.length);
  }

  private takeBody(body: Uint8Array, chunk: Uint8Array): Uint8Array {
    const part = chunk.subarray(0, body.length - this.bodyFilled);
    body.set(part, this.bodyFilled);
    this.bodyFilled += part.length;
    return chunk.subarray(part.length);
  }
}
