/**
 * The lanes of a link over three data channels: `control` (control and input), `updates`, and `motion`
 * (motion and feedback, which may be lost). Runs wherever the channels are: in the worker where engines can
 * hand them over, else on the page.
 */

import { broken, clean, codeOf, lost, reasonOf } from "./closing";
import { Duplicates } from "./arq/duplicates";
import { type CloseReason } from "./link";
import { LANE, LOSSY, MAX_MESSAGE, type Lane } from "../protocol/lane";
import { InOrder } from "./arq/in-order";
import { Reassembler, fragmentsOf } from "./fragments";
import { RetransmitBuffer } from "./arq/retransmit";
import {
  ChannelError,
  farewell,
  keyframeWanted,
  laneOf,
  question,
  read,
  type Data,
  type Kind,
} from "./channel-message";

/** Their labels, which are what they are for. */
export const LABELS = ["control", "updates", "motion"] as const;
export type Label = (typeof LABELS)[number];
export type ChannelSet = Record<Label, RTCDataChannel>;

/** Who hears what comes. `closed` is the last call, and comes once. */
export interface ChannelsHandler {
  /** The host can be spoken to. */
  opened(): void;
  message(kind: Kind, bytes: Uint8Array): void;
  closed(reason: CloseReason): void;
}

/** How a link does. */
export interface ChannelFigures {
  rtt: number | null;
  sentBytes: number;
  receivedBytes: number;
  queuedBytes: number;
  /** When something last came, as `Date.now()` tells. */
  heard: number;
}

/** How often the round trip is measured, in milliseconds. */
const MEASURE_EVERY = 5_000;
/** After how much silence the host counts as gone. It asks every 4.6 s. */
const SILENCE_TIMEOUT = 9_000;
/** So much is given to a channel at once; the rest waits here, where it can still be counted. */
const CHANNEL_WINDOW = 64 << 10;
/** More unsent bytes than this, and the host takes too little. */
const MAX_QUEUED = 24 << 20;
/** How long last words may take. */
const FAREWELL_TIMEOUT = 1_000;

/** See the file's comment. */
export class Channels {
  private readonly reassembler = new Reassembler();
  private readonly duplicates = new Duplicates((duplicate) => this.sendUnreliable(duplicate));
  private readonly retransmitBuffer = new RetransmitBuffer();
  private readonly inOrder = new InOrder({
    whole: (channel, message) => this.understand(LABELS[channel]!, read(message)),
    asked: (channel, number) => this.retransmit(channel, number),
    ask: (question) => this.sendUnreliable(question),
  });
  /** What waits for room in the control channel. */
  private readonly waiting: Uint8Array<ArrayBuffer>[] = [];
  private waitingBytes = 0;
  private questions = 0;
  /** When the newest question was asked, if it is not answered. */
  private askedAt: number | null = null;
  private rtt: number | null = null;
  private sentBytes = 0;
  private receivedBytes = 0;
  private heard = Date.now();
  private ended = false;
  private silence: ReturnType<typeof setTimeout>;
  private readonly measuring: ReturnType<typeof setInterval>;

  constructor(
    private readonly channels: ChannelSet,
    private readonly handler: ChannelsHandler,
  ) {
    for (const label of LABELS) {
      const channel = channels[label];
      channel.binaryType = "arraybuffer";
      channel.onmessage = ({ data }: MessageEvent<unknown>) => this.receive(label, data);
      channel.onclose = () => this.end(lost(""));
    }
    const { control, motion } = channels;
    control.bufferedAmountLowThreshold = CHANNEL_WINDOW / 2;
    control.onbufferedamountlow = () => this.fill();
    whenOpen(control, () => handler.opened());
    whenOpen(motion, () => this.ask());
    this.silence = this.expect();
    this.measuring = setInterval(() => this.ask(), MEASURE_EVERY);
  }

  /** Sends one message. */
  send(lane: Lane, bytes: Uint8Array): void {
    if (this.ended) return;
    this.sentBytes += bytes.length;
    if (LOSSY[lane]) {
      // What waits for long is worth nothing any more.
      if (this.channels.motion.bufferedAmount < CHANNEL_WINDOW)
        for (const data of fragmentsOf(lane, bytes)) this.put("motion", data);
      return;
    }
    for (const data of fragmentsOf(lane, bytes)) {
      this.waiting.push(data);
      this.waitingBytes += data.length;
    }
    if (this.waitingBytes > MAX_QUEUED) this.fail({ kind: "overflow", message: "the host takes too little" });
    else this.fill();
  }

  /** The video in an RTP slot cannot go on without a keyframe. */
  wantKeyframe(slot: number): void {
    if (!this.ended) this.put("motion", keyframeWanted(slot));
  }

  /** Closes once everything that was sent is on its way, for at most a second. */
  close(reason: string): void {
    if (this.ended) return;
    this.sendFarewell({ kind: "left", message: reason });
    // The host ends the connection once it has read that.
    setTimeout(() => this.end({ kind: "left", message: reason }), FAREWELL_TIMEOUT);
  }

  /** Asks whether the host is there, and how far away. */
  ask(): void {
    if (this.ended) return;
    this.questions++;
    this.askedAt = performance.now();
    const body = new Uint8Array(4);
    new DataView(body.buffer).setUint32(0, this.questions);
    this.put("motion", question("question", body));
  }

  /** The connection is over, whatever the channels say. */
  abandon(reason: CloseReason): void {
    this.end(reason);
  }

  figures(): ChannelFigures {
    const { rtt, sentBytes, receivedBytes, heard } = this;
    const queuedBytes = this.waitingBytes + this.channels.control.bufferedAmount;
    return { rtt, sentBytes, receivedBytes, queuedBytes, heard };
  }

  private fill(): void {
    const { control } = this.channels;
    while (control.readyState === "open" && control.bufferedAmount < CHANNEL_WINDOW) {
      const data = this.waiting.shift();
      if (data === undefined) return;
      this.waitingBytes -= data.length;
      this.put("control", data);
    }
  }

  private put(label: Label, data: Uint8Array<ArrayBuffer>): void {
    const channel = this.channels[label];
    if (channel.readyState !== "open") return;
    channel.send(data);
    if (label === "motion") return;
    this.duplicates.sent(LABELS.indexOf(label), data);
    this.retransmitBuffer.push(performance.now(), LABELS.indexOf(label), data);
  }

  /** Sends what is about other messages: late, it is worth nothing. */
  private sendUnreliable(data: Uint8Array<ArrayBuffer>): void {
    if (!this.ended && this.channels.motion.bufferedAmount < CHANNEL_WINDOW) this.put("motion", data);
  }

  private retransmit(channel: number, number: number): void {
    const { bufferedAmount } = this.channels[LABELS[channel]!];
    const retransmissions = this.retransmitBuffer.retransmissions(
      performance.now(),
      [channel, number],
      bufferedAmount,
      this.rtt ?? 0,
    );
    for (const retransmission of retransmissions) this.sendUnreliable(retransmission);
  }

  private receive(label: Label, data: unknown): void {
    if (this.ended) return;
    this.heard = Date.now();
    clearTimeout(this.silence);
    this.silence = this.expect();
    try {
      if (!(data instanceof ArrayBuffer)) throw new ChannelError("a text on a link");
      this.receivedBytes += data.byteLength;
      this.take(label, new Uint8Array(data));
    } catch (error) {
      if (!(error instanceof ChannelError)) throw error;
      this.fail(broken(error.message));
    }
  }

  private take(label: Label, data: Uint8Array): void {
    if (label !== "motion") this.inOrder.handleReliable(LABELS.indexOf(label), data);
    else if (!this.inOrder.handleUnreliable(data)) this.understand(label, read(data));
  }

  private understand(label: Label, data: Data): void {
    if (data.is === "question") return this.put("motion", question("answer", data.body));
    if (data.is === "answer") return this.answered(data.body);
    if (data.is === "farewell") return this.end(reasonOf(data.code, data.sentence));
    const lane = laneOf(data.kind);
    const expected = label === "control" ? LANE.control : LANE.update;
    if (lane !== expected || label === "motion") throw new ChannelError("a message on a wrong lane");
    const message = data.is === "whole" ? data.body : this.reassembler.push(data);
    if (message === null) return;
    if (message.length > MAX_MESSAGE[lane]) throw new ChannelError("a message that is too long");
    this.handler.message(data.kind, message);
  }

  private answered(body: Uint8Array): void {
    const number = body.length === 4 ? new DataView(body.buffer, body.byteOffset).getUint32(0) : null;
    if (this.askedAt === null || number !== this.questions) return;
    const sample = performance.now() - this.askedAt;
    this.rtt = this.rtt === null ? sample : (this.rtt * 3 + sample) / 4;
    this.askedAt = null;
  }

  private expect(): ReturnType<typeof setTimeout> {
    const seconds = SILENCE_TIMEOUT / 1000;
    return setTimeout(
      () => this.end(lost(`nothing was heard from the host for ${seconds} seconds`)),
      SILENCE_TIMEOUT,
    );
  }

  private fail(reason: CloseReason): void {
    this.sendFarewell(reason);
    this.end(reason);
  }

  private sendFarewell({ kind, message }: CloseReason): void {
    this.waiting.push(farewell(codeOf(kind === "lost" ? "left" : kind), clean(message)));
    this.fill();
  }

  private end(reason: CloseReason): void {
    if (this.ended) return;
    this.ended = true;
    clearTimeout(this.silence);
    clearInterval(this.measuring);
    this.duplicates.end();
    this.inOrder.end();
    this.handler.closed(reason);
  }
}

function whenOpen(channel: RTCDataChannel, then: () => void): void {
  if (channel.readyState === "open") then();
  else channel.onopen = then;
}
