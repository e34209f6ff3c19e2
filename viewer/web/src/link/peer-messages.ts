/**
 * What the two halves of a link over WebRTC tell each other. A peer connection lives on the page, which is
 * all that engines allow; the link lives in the worker.
 */

import type { ChannelFigures, ChannelSet } from "./channels";
import type { CloseReason } from "./link";
import type { Lane } from "../protocol/lane";
import type { Kind } from "./channel-message";

/**
 * How pictures of videos come: as encoded frames into the worker, as pictures of video elements, or not
 * beside updates.
 */
export type VideoWay = "encoded" | "shown" | "none";

/** From the worker to the page. */
export type ToPeer =
  | { do: "answer"; sdp: string }
  /** The machine's address may have changed: offer anew. */
  | { do: "restart" }
  | { do: "end" }
  /** The others only if the channels could not be handed over. */
  | { do: "send"; lane: Lane; bytes: Uint8Array }
  | { do: "keyframe"; slot: number }
  | { do: "ask" }
  | { do: "close"; reason: string };

/** From the page to the worker. */
export type FromPeer =
  /** `channels` if the worker has them from now on. */
  | { is: "offer"; sdp: string; channels: ChannelSet | null; video: VideoWay }
  | { is: "restarted"; sdp: string }
  | { is: "failed"; why: string }
  | { is: "state"; state: RTCPeerConnectionState }
  | { is: "picture"; slot: number; timestamp: number; picture: ImageBitmap }
  /** The others only if the channels could not be handed over. */
  | { is: "opened" }
  | { is: "message"; kind: Kind; bytes: Uint8Array }
  | { is: "closed"; reason: CloseReason }
  | { is: "figures"; figures: ChannelFigures };

/** Tells the worker whose frames a transform brings. */
export interface TransformOptions {
  peer: number;
  slot: number;
}

/** How many videos may come at once. */
export const VIDEO_SLOTS = 4;
