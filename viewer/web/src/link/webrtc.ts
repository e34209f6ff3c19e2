/**
 * A link over WebRTC, the worker's half: see `peer.ts` for the page's. Lanes are data channels; videos of
 * updates travel on RTP, and their frames come here still encoded where the engine allows.
 */

import { canDecode } from "../decode/video";
import type { TrackId } from "../protocol/types";
import { Channels, type ChannelFigures } from "./channels";
import { broken, lost } from "./closing";
import {
  Unsupported,
  type CloseReason,
  type IceServer,
  type Join,
  type Link,
  type LinkHandler,
  type LinkStats,
  type Open,
} from "./link";
import { LANE, type Lane } from "../protocol/lane";
import type { PeerWanted } from "./peer";
import { type FromPeer, type ToPeer, type TransformOptions, type VideoWay } from "./peer-messages";
import { ChannelError, UPDATE_WITH_VIDEO, type Kind } from "./channel-message";
import { RtpVideo, readHead } from "./rtp-reassemble";

/** How long the host may take to answer an offer, in milliseconds. */
const ANSWER_TIMEOUT = 4_000;
/**
 * How long the host may take to answer once the network may have changed; twice that if its answers come
 * through the page.
 */
const PROBE_TIMEOUT = 600;
/** How long the next try waits when an offer for a restart was not answered. */
const RESTART_RETRY_AFTER = 1_000;
/** How long nothing may come over the new path once the host has answered a restart, in milliseconds. */
const NEW_PATH_TIMEOUT = 4_000;
/** How often it is asked meanwhile: questions get lost. */
const NEW_PATH_ASKS = 4;

/** Opens a link over WebRTC. */
export const openWebRtc: Open = async (
  join: Join,
  handler: LinkHandler,
  signal: AbortSignal,
): Promise<Link> => {
  if (join.webrtc === null) throw new Unsupported("the host offers none");
  const { iceServers } = join.webrtc;
  const decodesVideo = await canDecode();
  return new Promise((resolve, reject) => {
    const link = new WebRtcLink(handler, { opened: () => resolve(link), failed: reject });
    signal.addEventListener("abort", () => link.giveUp(), { once: true });
    if (signal.aborted) link.giveUp();
    else link.start(decodesVideo, iceServers);
  });
};

/** Who waits for the connection. */
interface Opening {
  opened(): void;
  failed(error: Error): void;
}

/** Links by the numbers of their peers, for transforms that the page makes. */
const links = new Map<number, WebRtcLink>();
let peers = 0;

class WebRtcLink implements Link {
  readonly transport = "webrtc";
  readonly video: (track: TrackId) => ReturnType<RtpVideo["source"]>;
  private readonly port: MessagePort;
  private readonly peer = ++peers;
  private readonly ports = new MessageChannel();
  /** Those that could be handed over. */
  private channels: Channels | null = null;
  private told: ChannelFigures = { rtt: null, sentBytes: 0, receivedBytes: 0, queuedBytes: 0, heard: 0 };
  private rtp: RtpVideo = this.rtpVideo("none");
  /** Of frames of videos. */
  private frameBytes = 0;
  private id = "";
  private ended = false;
  private open = false;
  private restarting = false;

  constructor(
    private readonly handler: LinkHandler,
    private readonly opening: Opening,
  ) {
    this.port = this.ports.port1;
    this.port.onmessage = ({ data }: MessageEvent<FromPeer>) => this.handle(data);
    this.video = (track) => this.rtp.source(track);
    links.set(this.peer, this);
  }

  /** Has the page make the connection. */
  start(decodesVideo: boolean, iceServers: IceServer[]): void {
    const { peer } = this;
    const port = this.ports.port2;
    const wanted: PeerWanted = { on: "peer-wanted", request: { port, peer, decodesVideo, iceServers } };
    postMessage(wanted, { transfer: [port] });
  }

  /** Nobody wants it any more. */
  giveUp(): void {
    if (this.open) this.close("");
    else this.end(lost("given up"));
  }

  send(lane: Lane, bytes: Uint8Array): void {
    if (this.ended) return;
    if (this.channels !== null) this.channels.send(lane, bytes);
    else this.tell({ do: "send", lane, bytes });
  }

  close(reason: string): void {
    if (this.ended) return;
    if (this.channels !== null) this.channels.close(reason);
    else this.tell({ do: "close", reason });
  }

  networkChanged(): void {
    if (this.ended || !this.open) return;
    // A path that works is left as it is: looking for another makes pictures wait.
    const asked = Date.now();
    this.ask();
    const patience = this.channels === null ? 2 * PROBE_TIMEOUT : PROBE_TIMEOUT;
    setTimeout(() => this.figures().heard < asked && this.restart(), patience);
  }

  ask(): void {
    if (this.channels !== null) this.channels.ask();
    else this.tell({ do: "ask" });
  }

  stats(): LinkStats {
    const { rtt, sentBytes, receivedBytes, queuedBytes } = this.figures();
    const { transport, frameBytes } = this;
    return { transport, rtt, sentBytes, receivedBytes: receivedBytes + frameBytes, queuedBytes };
  }

  /** Reads the frames of a slot for ever. */
  async takeFrames(slot: number, frames: ReadableStream<EncodedFrame>): Promise<void> {
    const reader = frames.getReader();
    for (;;) {
      const { done, value: frame } = await reader.read();
      if (done) return;
      const timestamp = frame.getMetadata().rtpTimestamp ?? frame.timestamp;
      this.frameBytes += frame.data.byteLength;
      if (timestamp !== undefined) this.rtp.encodedFrame(slot, timestamp, new Uint8Array(frame.data));
    }
  }

  private handle(told: FromPeer): void {
    if (this.ended) {
      if (told.is === "picture") told.picture.close();
      return;
    }
    switch (told.is) {
      case "offer":
        return this.offered(told);
      case "restarted":
        return void this.renew(told.sdp);
      case "failed":
        return this.end(lost(told.why));
      case "state":
        return this.stateChanged(told.state);
      case "picture":
        return this.rtp.picture(told.slot, told.timestamp, told.picture);
      case "opened":
        return this.opened();
      case "message":
        return this.deliver(told.kind, told.bytes);
      case "closed":
        return this.end(told.reason);
      case "figures":
        this.told = told.figures;
    }
  }

  private offered({ sdp, channels, video }: Extract<FromPeer, { is: "offer" }>): void {
    if (channels !== null) {
      this.channels = new Channels(channels, {
        opened: () => this.opened(),
        message: (kind, bytes) => this.deliver(kind, bytes),
        closed: (reason) => this.end(reason),
      });
      return;
    }
    this.rtp = this.rtpVideo(video);
    void this.introduce(sdp);
  }

  private rtpVideo(way: VideoWay): RtpVideo {
    return new RtpVideo(
      way,
      () => this.stats().rtt,
      (slot) => this.wantKeyframe(slot),
    );
  }

  private async introduce(sdp: string): Promise<void> {
    try {
      const answer = await ask("/api/rtc", sdp);
      this.id = answer.id ?? "";
      this.tell({ do: "answer", sdp: answer.sdp });
    } catch (error) {
      this.end(lost(error instanceof Error ? error.message : String(error)));
    }
  }

  private opened(): void {
    this.open = true;
    this.opening.opened();
  }

  private figures(): ChannelFigures {
    return this.channels?.figures() ?? this.told;
  }

  private stateChanged(state: RTCPeerConnectionState): void {
    // A path that was lost is looked for anew; whether the host is still there shows by itself.
    if (this.open && (state === "disconnected" || state === "failed")) this.restart();
    if (state === "closed") this.end(lost(""));
    if (state === "failed" && !this.open) this.end(lost("the host cannot be reached over UDP"));
  }

  private restart(): void {
    if (this.restarting || this.ended) return;
    this.restarting = true;
    this.tell({ do: "restart" });
  }

  private async renew(sdp: string): Promise<void> {
    try {
      const answer = await ask(`/api/rtc/${encodeURIComponent(this.id)}`, sdp);
      this.restarting = false;
      this.tell({ do: "answer", sdp: answer.sdp });
      this.expectSomething();
    } catch (error) {
      if (error instanceof LinkUnknown) return this.end(lost(error.message));
      setTimeout(() => {
        this.restarting = false;
        this.restart();
      }, RESTART_RETRY_AFTER);
    }
  }

  /** The host is there: a link over which nothing comes all the same has no way to it. */
  private expectSomething(): void {
    const since = Date.now();
    const every = NEW_PATH_TIMEOUT / NEW_PATH_ASKS;
    for (let at = 0; at < NEW_PATH_TIMEOUT; at += every) setTimeout(() => this.ended || this.ask(), at);
    setTimeout(() => {
      if (this.figures().heard >= since) return;
      this.end(lost(`nothing was heard from the host for ${NEW_PATH_TIMEOUT / 1000} seconds`));
    }, NEW_PATH_TIMEOUT);
  }

  private deliver(kind: Kind, bytes: Uint8Array): void {
    if (kind !== UPDATE_WITH_VIDEO) return this.handler.message(kind, bytes);
    try {
      const { head, rest } = readHead(bytes);
      this.rtp.expect(head);
      this.handler.message(LANE.update, rest);
    } catch (error) {
      if (!(error instanceof ChannelError)) throw error;
      this.end(broken(error.message));
    }
  }

  private wantKeyframe(slot: number): void {
    if (this.channels !== null) this.channels.wantKeyframe(slot);
    else this.tell({ do: "keyframe", slot });
  }

  private tell(what: ToPeer): void {
    this.port.postMessage(what);
  }

  private end(reason: CloseReason): void {
    if (this.ended) return;
    this.ended = true;
    links.delete(this.peer);
    this.channels?.abandon(reason);
    this.rtp.close();
    this.tell({ do: "end" });
    if (this.open) this.handler.closed(reason);
    else this.opening.failed(new Error(reason.message));
  }
}

/** The host does not know the link any more. */
class LinkUnknown extends Error {}

/** Sends the host an offer. */
async function ask(path: string, sdp: string): Promise<{ id?: string; sdp: string }> {
  const response = await fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ sdp }),
    signal: AbortSignal.timeout(ANSWER_TIMEOUT),
  });
  const answer = (await response.json().catch(() => null)) as {
    id?: string;
    sdp?: string;
    code?: string;
    message?: string;
  } | null;
  if (answer?.code === "gone") throw new LinkUnknown(answer.message);
  if (!response.ok) throw new Error(answer?.message ?? `the host answers ${response.status}`);
  if (typeof answer?.sdp !== "string") throw new Error("the host's answer cannot be understood");
  return { ...answer, sdp: answer.sdp };
}

/** As much of the standard as is used here; TypeScript does not know it in workers yet. */
interface EncodedFrame {
  readonly data: ArrayBuffer;
  readonly timestamp?: number;
  getMetadata(): { rtpTimestamp?: number };
}
interface TransformEvent extends Event {
  transformer: { readable: ReadableStream<EncodedFrame>; options: TransformOptions };
}

globalThis.addEventListener?.("rtctransform", (event) => {
  const { readable, options } = (event as TransformEvent).transformer;
  // A link that ended in the meantime leaves its frames unread.
  links
    .get(options.peer)
    ?.takeFrames(options.slot, readable)
    .catch(() => undefined);
});
