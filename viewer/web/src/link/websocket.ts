/**
 * A link over WebSocket: each binary message is a lane's number and one message of it. For networks that let
 * no UDP through, and engines without anything better.
 *
 * A TCP connection whose network is gone stays silent for minutes, so the host asks every few seconds and
 * this end answers; when nothing comes for too long, the link is lost.
 */

import { clean, codeOf, broken, lost, reasonOf } from "./closing";
import { type CloseReason, type Join, type Link, type LinkHandler, type LinkStats, type Open } from "./link";
import { LOSSY, MAX_MESSAGE, TO_VIEWER, type Lane } from "../protocol/lane";
import {
  ANSWER,
  FOLLOWER,
  QUESTION,
  SILENCE,
  SILENCE_ONCE_ASKED,
  answer,
  question,
  roundTrip,
} from "./pulse";

/** Codes of WebSocket's from here on are ours. */
const FIRST_CODE = 4_000;
/** More unsent bytes than this, and what may be lost is. */
const LOSSY_WINDOW = 64 << 10;
/** More unsent bytes than this, and the host takes too little. */
const MAX_QUEUED = 24 << 20;
/** How long nothing must follow a message until a follower does, in milliseconds. */
const FOLLOWER_AFTER = 10;
/** How long last words may take, in milliseconds. */
const FAREWELL_TIMEOUT = 1_000;

/** Opens a link over WebSocket. */
export const openWebSocket: Open = (join: Join, handler: LinkHandler, signal: AbortSignal): Promise<Link> =>
  new Promise((resolve, reject) => {
    const socket = new WebSocket(join.websocket.url);
    socket.binaryType = "arraybuffer";
    const giveUp = () => socket.close();
    signal.addEventListener("abort", giveUp, { once: true });
    if (signal.aborted) giveUp();
    socket.onclose = () => reject(new Error("the connection was refused or blocked"));
    socket.onopen = () => resolve(new WebSocketLink(socket, handler));
  });

class WebSocketLink implements Link {
  readonly transport = "websocket";
  private rtt: number | null = null;
  private sentBytes = 0;
  private receivedBytes = 0;
  private ended = false;
  private silence: ReturnType<typeof setTimeout>;
  private follower: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly socket: WebSocket,
    private readonly handler: LinkHandler,
  ) {
    this.silence = this.expect(SILENCE);
    socket.onmessage = ({ data }: MessageEvent<unknown>) => this.hear(data);
    socket.onclose = ({ code, reason }) =>
      this.end(code < FIRST_CODE ? lost(reason) : reasonOf(code - FIRST_CODE, reason));
  }

  send(lane: Lane, bytes: Uint8Array): void {
    if (this.ended) return;
    const queued = this.socket.bufferedAmount;
    if (LOSSY[lane] && queued > LOSSY_WINDOW) return;
    if (queued > MAX_QUEUED) return this.fail({ kind: "overflow", message: "the host takes too little" });
    const message = new Uint8Array(1 + bytes.length);
    message[0] = lane;
    message.set(bytes, 1);
    this.put(message);
    clearTimeout(this.follower);
    this.follower = setTimeout(() => this.put(Uint8Array.of(FOLLOWER)), FOLLOWER_AFTER);
  }

  close(reason: string): void {
    clearTimeout(this.follower);
    // The socket sends what was sent before, then this; the host's answer ends it.
    this.socket.close(FIRST_CODE + codeOf("left"), clean(reason));
    setTimeout(() => this.end(lost("")), FAREWELL_TIMEOUT);
  }

  networkChanged(): void {
    if (this.ended) return;
    this.put(question());
    clearTimeout(this.silence);
    this.silence = this.expect(SILENCE_ONCE_ASKED);
  }

  ask(): void {
    if (!this.ended) this.put(question());
  }

  stats(): LinkStats {
    const { transport, rtt, sentBytes, receivedBytes } = this;
    return { transport, rtt, sentBytes, receivedBytes, queuedBytes: this.socket.bufferedAmount };
  }

  private put(message: Uint8Array<ArrayBuffer>): void {
    this.sentBytes += message.length;
    this.socket.send(message);
  }

  private hear(data: unknown): void {
    if (this.ended) return;
    if (!(data instanceof ArrayBuffer)) return this.fail(broken("a text on a link"));
    this.receivedBytes += data.byteLength;
    clearTimeout(this.silence);
    this.silence = this.expect(SILENCE);
    const [kind] = new Uint8Array(data, 0, Math.min(1, data.byteLength));
    if (kind === QUESTION) return this.answer(new Uint8Array(data));
    if (kind === ANSWER || kind === FOLLOWER) return;
    const lane = kind as Lane;
    if (!TO_VIEWER[lane]) return this.fail(broken("a message on a wrong lane"));
    if (data.byteLength - 1 > MAX_MESSAGE[lane]) return this.fail(broken("a message that is too long"));
    this.handler.message(lane, new Uint8Array(data, 1));
  }

  private answer(asked: Uint8Array): void {
    this.rtt = roundTrip(asked) ?? this.rtt;
    this.put(answer());
  }

  private expect(millis: number): ReturnType<typeof setTimeout> {
    return setTimeout(
      () => this.end(lost(`nothing was heard from the host for ${millis / 1000} seconds`)),
      millis,
    );
  }

  private fail(reason: CloseReason): void {
    const code = FIRST_CODE + codeOf(reason.kind === "lost" ? "left" : reason.kind);
    this.socket.close(code, clean(reason.message));
    this.end(reason);
  }

  private end(reason: CloseReason): void {
    if (this.ended) return;
    this.ended = true;
    clearTimeout(this.silence);
    clearTimeout(this.follower);
    // One that is dead would wait for its farewell for a minute; nobody waits with it.
    this.socket.close();
    this.handler.closed(reason);
  }
}
