/** The page's half of a link over WebRTC: the peer connection, which the worker's half tells what to do. */

import { Channels, LABELS, type ChannelSet, type Label } from "./channels";
import type { IceServer } from "./link";
import {
  VIDEO_SLOTS,
  type FromPeer,
  type ToPeer,
  type TransformOptions,
  type VideoWay,
} from "./peer-messages";
import { Shown } from "./shown";

/** What the worker asks for. */
export interface PeerRequest {
  /** Where the two halves talk. */
  port: MessagePort;
  /** Names the peer among those of the page. */
  peer: number;
  /** Whether the worker can decode videos by itself. */
  decodesVideo: boolean;
  /** The relays that the host names. */
  iceServers: IceServer[];
}

/** How the worker asks. */
export interface PeerWanted {
  on: "peer-wanted";
  request: PeerRequest;
}

/** How long last words may be on their way once this end closed. */
const LINGER = 300;
/** How often figures are told while the channels are here, in milliseconds. */
const FIGURES = 500;

/**
 * Makes a peer connection for the engine in `worker`. `relay`: only through a relay, for people who try
 * theirs.
 */
export async function openPeer(request: PeerRequest, worker: Worker, relay: boolean): Promise<void> {
  try {
    if (typeof RTCPeerConnection === "undefined") throw new Error("this browser has no WebRTC");
    const connection = new RTCPeerConnection(configuration(request.iceServers, relay));
    await new Peer(connection, request, worker).start();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    request.port.postMessage({ is: "failed", why } satisfies FromPeer);
  }
}

/** What the browser is told. */
export function configuration(iceServers: IceServer[], relay: boolean): RTCConfiguration {
  if (relay && iceServers.length === 0) {
    throw new Error("the host names no relay: give `dormer serve` one by --turn");
  }
  return { bundlePolicy: "max-bundle", iceServers, iceTransportPolicy: relay ? "relay" : "all" };
}

class Peer {
  private readonly port: MessagePort;
  /** Those that stayed here. */
  private channels: Channels | null = null;
  private shown: Shown | null = null;
  private video: VideoWay = "none";
  private figures: ReturnType<typeof setInterval> | undefined;

  constructor(
    private readonly connection: RTCPeerConnection,
    private readonly request: PeerRequest,
    private readonly worker: Worker,
  ) {
    this.port = request.port;
    this.port.onmessage = ({ data }: MessageEvent<ToPeer>) => void this.handle(data);
    this.connection.onconnectionstatechange = () =>
      this.tell({ is: "state", state: this.connection.connectionState });
  }

  /** Offers, without waiting for candidates: the host needs none. */
  async start(): Promise<void> {
    const { connection } = this;
    const channels = Object.fromEntries(
      LABELS.map((label) => [label, connection.createDataChannel(label, optionsOf(label))]),
    ) as ChannelSet;
    // Channels can move only in the turn of the event loop in which they were made.
    const moved = this.handOver(channels);
    this.video = this.wayOfVideos();
    if (this.video !== "none") this.takeVideos(this.video);
    connection.addTransceiver("audio", { direction: "recvonly" });
    this.tell({ is: "offer", sdp: await this.offer(), channels: null, video: this.video });
    if (!moved) this.keep(channels);
  }

  private handOver(channels: ChannelSet): boolean {
    const all = Object.values(channels) as unknown as Transferable[];
    try {
      this.port.postMessage({ is: "offer", sdp: "", channels, video: "none" } satisfies FromPeer, all);
      return true;
    } catch {
      return false;
    }
  }

  /** The worker's half speaks through us. */
  private keep(channels: ChannelSet): void {
    this.channels = new Channels(channels, {
      opened: () => this.tell({ is: "opened" }),
      message: (kind, bytes) => this.tell({ is: "message", kind, bytes }, [bytes.buffer as ArrayBuffer]),
      closed: (reason) => this.tell({ is: "closed", reason }),
    });
    const tell = () => this.channels && this.tell({ is: "figures", figures: this.channels.figures() });
    this.figures = setInterval(tell, FIGURES);
  }

  private wayOfVideos(): VideoWay {
    if (!("getCapabilities" in RTCRtpReceiver) || h264().length === 0) return "none";
    if (!this.request.decodesVideo) return Shown.works() ? "shown" : "none";
    return "RTCRtpScriptTransform" in globalThis ? "encoded" : "none";
  }

  private takeVideos(way: VideoWay): void {
    for (let slot = 0; slot < VIDEO_SLOTS; slot++) {
      const transceiver = this.connection.addTransceiver("video", { direction: "recvonly" });
      transceiver.setCodecPreferences(h264());
      const { receiver } = transceiver;
      if (way === "encoded") {
        const options: TransformOptions = { peer: this.request.peer, slot };
        receiver.transform = new RTCRtpScriptTransform(this.worker, options);
      } else {
        // What is late is worth nothing: pictures are shown as they come.
        receiver.jitterBufferTarget = 0;
        this.shown ??= new Shown((shown) => this.tell({ is: "picture", ...shown }, [shown.picture]));
        this.shown.watch(slot, receiver.track);
      }
    }
  }

  private async handle(told: ToPeer): Promise<void> {
    const { connection } = this;
    try {
      if (told.do === "answer") await connection.setRemoteDescription({ type: "answer", sdp: told.sdp });
      else if (told.do === "restart") await this.restart();
      else if (told.do === "send") this.channels?.send(told.lane, told.bytes);
      else if (told.do === "keyframe") this.channels?.wantKeyframe(told.slot);
      else if (told.do === "ask") this.channels?.ask();
      else if (told.do === "close") this.channels?.close(told.reason);
      else this.end();
    } catch (error) {
      this.tell({ is: "failed", why: error instanceof Error ? error.message : String(error) });
    }
  }

  private async restart(): Promise<void> {
    const { connection } = this;
    if (connection.signalingState !== "stable") await connection.setLocalDescription({ type: "rollback" });
    connection.restartIce();
    this.tell({ is: "restarted", sdp: await this.offer() });
  }

  private async offer(): Promise<string> {
    await this.connection.setLocalDescription();
    const sdp = this.connection.localDescription?.sdp ?? "";
    return this.video === "encoded" ? withoutKeyframeRequests(sdp) : sdp;
  }

  private end(): void {
    clearInterval(this.figures);
    this.shown?.close();
    setTimeout(() => {
      this.connection.close();
      this.port.close();
    }, LINGER);
  }

  private tell(what: FromPeer, transfer: Transferable[] = []): void {
    this.port.postMessage(what, transfer);
  }
}

/**
 * The stream on which both ends agree beforehand: the host would send reliably on a channel that it is only
 * told of.
 */
const MOTION_STREAM = 100;

function optionsOf(label: Label): RTCDataChannelInit {
  return label === "motion"
    ? { ordered: false, maxRetransmits: 0, negotiated: true, id: MOTION_STREAM }
    : { ordered: true };
}

/** What hosts send, and nothing beside it. */
function h264(): RTCRtpCodec[] {
  const { codecs } = RTCRtpReceiver.getCapabilities("video") ?? { codecs: [] };
  return codecs.filter(
    ({ mimeType, sdpFmtpLine }) =>
      mimeType.toLowerCase() === "video/h264" &&
      /packetization-mode=1/.test(sdpFmtpLine ?? "") &&
      /profile-level-id=42[ec]0/i.test(sdpFmtpLine ?? ""),
  );
}

/**
 * The worker takes frames before the browser decodes them, so the browser never sees one and would ask for
 * keyframes without end. The host is not told that it can; the worker asks itself.
 */
function withoutKeyframeRequests(sdp: string): string {
  return sdp.replace(/^a=rtcp-fb:\S+ (nack pli|ccm fir)\r\n/gm, "");
}
