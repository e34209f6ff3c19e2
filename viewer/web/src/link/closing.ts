/** Codes by which links are closed, the same for every transport: see `docs/protocol.md`, "Closing". */

import type { CloseReason } from "./link";

const KINDS = ["left", "refused", "protocol", "overflow"] as const;

/** The longest sentence that is sent or shown, in bytes of UTF-8: WebSocket allows no more. */
const MAX_SENTENCE = 123;

/** The number of a reason that this end gives. */
export function codeOf(kind: (typeof KINDS)[number]): number {
  return KINDS.indexOf(kind);
}

/** What the other end says by a number and a sentence. */
export function reasonOf(code: number, sentence: string): CloseReason {
  const kind = KINDS[code];
  const message = clean(sentence);
  if (kind === undefined) return lost(message);
  return { kind, message: message || (kind === "left" ? "the host closed the link" : `closed: ${kind}`) };
}

/** Nobody said anything. */
export function lost(message: string): CloseReason {
  return { kind: "lost", message: message || "the connection was lost" };
}

/** This end ended it: what the host sent broke a rule. */
export function broken(message: string): CloseReason {
  return { kind: "protocol", message };
}

/** A sentence that can be shown and sent: short, and without control characters. */
export function clean(sentence: string): string {
  const shown = sentence.replace(/\p{Cc}/gu, " ");
  // What does not fit is not begun: `encodeInto` writes whole characters only.
  const { read } = new TextEncoder().encodeInto(shown, new Uint8Array(MAX_SENTENCE));
  return shown.slice(0, read).trim();
}
