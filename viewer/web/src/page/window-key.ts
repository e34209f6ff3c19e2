/**
 * Keys of windows on a page that shows several sessions. Each host counts its tracks by itself, so a key is
 * the number of a session and the number of a track in one; the keys of the first session are its tracks.
 */

import type { TrackId } from "../protocol/types";

/** The sessions of a page, counted from 0. */
export type SessionId = number;
/** What everything above `Session` calls a track. Icons have keys of the same form. */
export type WindowKey = number;

/** Hosts count in 32 bits, and numbers are exact up to 53. */
const PER_SESSION = 2 ** 32;

export function windowKey(session: SessionId, track: TrackId): WindowKey {
  return session * PER_SESSION + track;
}

export function sessionOf(key: WindowKey): SessionId {
  return Math.floor(key / PER_SESSION);
}

export function trackOf(key: WindowKey): TrackId {
  return key % PER_SESSION;
}
