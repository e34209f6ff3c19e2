/**
 * How host and page know that the other lives, beside the lanes: the same over WebSocket and in datagrams of
 * WebTransport. The host asks every 4.6 s; the page asks when its network changed.
 */

/**
 * The numbers beside the lanes'. A question holds what its asker knows of the round trip, in microseconds; an
 * answer nothing.
 */
export const QUESTION = 255;
export const ANSWER = 254;
/**
 * The number of what follows a message that nothing else follows: TCP notices a lost packet by what arrives
 * after it.
 */
export const FOLLOWER = 253;

/** After how much silence the host counts as gone, in milliseconds. */
export const SILENCE = 9_000;
/** The same once this end has asked. */
export const SILENCE_ONCE_ASKED = 2_000;

/** Asks, knowing nothing of the round trip. */
export const question = (): Uint8Array<ArrayBuffer> => new Uint8Array([QUESTION, 0, 0, 0, 0]);
export const answer = (): Uint8Array<ArrayBuffer> => new Uint8Array([ANSWER]);

/** The round trip that a question tells of, in milliseconds; null if its asker does not know. */
export function roundTrip(question: Uint8Array): number | null {
  if (question.length !== 5) return null;
  const micros = new DataView(question.buffer, question.byteOffset).getUint32(1);
  return micros > 0 ? micros / 1000 : null;
}
