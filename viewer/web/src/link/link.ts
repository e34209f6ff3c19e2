/**
 * One live connection to a host, over any transport. Above it nobody knows which.
 *
 * Messages are whole and still encoded; lanes are those of `docs/protocol.md`. Sending never blocks and never
 * throws: after the link closed, messages go nowhere.
 */

import type { VideoSource } from "../decode/video";
import type { Lane } from "../protocol/lane";
import type { TrackId } from "../protocol/types";

export type Transport = "webtransport" | "webrtc" | "websocket";

/** What a link hears. Set before anything can arrive; `closed` is the last call, and comes once. */
export interface LinkHandler {
  message(lane: Lane, bytes: Uint8Array): void;
  closed(reason: CloseReason): void;
}

export interface Link {
  readonly transport: Transport;
  /**
   * Sends one message. Motion and feedback may be lost; everything else is reliable, and in order within its
   * lane.
   */
  send(lane: Lane, bytes: Uint8Array): void;
  /** Closes once everything that was sent is on its way, for at most a second. */
  close(reason: string): void;
  /** The machine's network changed, or the page woke: look at once whether the connection still works. */
  networkChanged(): void;
  /** Asks whether the host is there. Nothing follows from it but that the answer is received. */
  ask(): void;
  stats(): LinkStats;
  /**
   * Where pictures of videos come from if not from the ops' data: links whose videos travel as media of the
   * browser.
   */
  readonly video?: (track: TrackId) => VideoSource;
}

export interface CloseReason {
  /** As in `docs/protocol.md`, or `lost` when nobody said anything. */
  kind: "left" | "refused" | "protocol" | "overflow" | "lost";
  /** For people. */
  message: string;
}

export interface LinkStats {
  transport: Transport;
  /** Milliseconds, if known. */
  rtt: number | null;
  sentBytes: number;
  receivedBytes: number;
  /** Bytes that were sent and have not left the page. */
  queuedBytes: number;
}

/** What `POST /api/join` answers: a right to join once, and where. */
export interface Join {
  /** For one `Hello`. */
  ticket: string;
  session: string;
  role: "control" | "view";
  /** Names the process of the host that answered: another knows nothing of its links. */
  instance: string;
  /** `certificateHashes`: SHA-256 of the certificates the host has now and next, base64. */
  webtransport: { url: string; certificateHashes: string[] } | null;
  /** `iceServers`: relays (TURN) for networks that block UDP; usually none. */
  webrtc: { iceServers: IceServer[] } | null;
  websocket: { url: string };
}

/** A relay, and how to sign in there. As in `RTCConfiguration`, which workers do not know. */
export interface IceServer {
  urls: string[];
  username: string;
  credential: string;
}

/**
 * Opens a link over one transport. Resolves once the host is known to be there (a handshake that went both
 * ways); rejects with a sentence for people why it is not. `signal` gives it up, also after it resolved and
 * as long as nobody said `Hello`.
 */
export type Open = (join: Join, handler: LinkHandler, signal: AbortSignal) => Promise<Link>;

/** Why a transport cannot be tried at all on this engine: the rejection of an `Open`. */
export class Unsupported extends Error {}
