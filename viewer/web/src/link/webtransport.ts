/**
 * A link over WebTransport: the lanes of QUIC as `docs/protocol.md` has them. Control is a bidirectional
 * stream, input a stream to the host, each update a stream of its own, motion and feedback are datagrams.
 */

import { broken, clean, codeOf, lost, reasonOf } from "./closing";
import { FramingError, Unframer, framed } from "./framing";
import {
  Unsupported,
  type CloseReason,
  type Join,
  type Link,
  type LinkHandler,
  type LinkStats,
  type Open,
} from "./link";
import { LANE, type Lane } from "../protocol/lane";
import { QUESTION, SILENCE_ONCE_ASKED, answer, question, roundTrip } from "./pulse";

/** More unsent bytes than this on a reliable lane, and the host takes too little. */
const MAX_QUEUED = 24 << 20;
/** How long last words may take, in milliseconds. */
const FAREWELL_TIMEOUT = 1_000;
/** How old a motion or feedback may become before it is dropped unsent, in milliseconds. */
const MAX_AGE = 100;

/** Opens a link over WebTransport. */
export const openWebTransport: Open = async (
  join: Join,
  handler: LinkHandler,
  signal: AbortSignal,
): Promise<Link> => {
  if (typeof WebTransport === "undefined") throw new Unsupported("this browser has no WebTransport");
  if (join.webtransport === null) throw new Unsupported("the host offers none");
  const { url, certificateHashes } = join.webtransport;
  const transport = new WebTransport(url, {
    serverCertificateHashes: certificateHashes.map((hash) => ({
      algorithm: "sha-256",
      value: bytesOf(hash),
    })),
    congestionControl: "low-latency",
  });
  const giveUp = () => transport.close();
  signal.addEventListener("abort", giveUp, { once: true });
  if (signal.aborted) giveUp();
  // Whoever waits for `ready` hears of a failure; `closed` tells the same a second time.
  transport.closed.catch(() => undefined);
  await transport.ready;
  const control = await transport.createBidirectionalStream();
  return new WebTransportLink(transport, control, handler);
};

/** A stream to the host, with a count of what has not left yet. */
class Outlet {
  queued = 0;
  private readonly writer: WritableStreamDefaultWriter<Uint8Array>;

  constructor(stream: WritableStream<Uint8Array>) {
    this.writer = stream.getWriter();
    // The link hears of failures when it closes.
    this.writer.closed.catch(() => undefined);
  }

  write(bytes: Uint8Array): void {
    this.queued += bytes.length;
    const done = () => void (this.queued -= bytes.length);
    this.writer.write(bytes).then(done, done);
  }

  /** Ends the stream once everything is written. */
  finish(): Promise<void> {
    return this.writer.close().catch(() => undefined);
  }
}

class WebTransportLink implements Link {
  readonly transport = "webtransport";
  private readonly control: Outlet;
  private readonly datagrams: Outlet;
  private input: Promise<Outlet> | null = null;
  private rtt: number | null = null;
  private sentBytes = 0;
  private receivedBytes = 0;
  private ended = false;
  /** Runs while this end waits to hear whether the host is still there. */
  private asking: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly connection: WebTransport,
    control: WebTransportBidirectionalStream,
    private readonly handler: LinkHandler,
  ) {
    this.control = new Outlet(control.writable);
    connection.datagrams.outgoingMaxAge = MAX_AGE;
    this.datagrams = new Outlet(connection.datagrams.writable);
    connection.closed.then(
      ({ closeCode, reason }) => this.end(reasonOf(closeCode ?? 0, reason ?? "")),
      (error: unknown) => this.end(lost(error instanceof Error ? clean(error.message) : "")),
    );
    void this.guard(this.readControl(control.readable));
    void this.guard(this.readStreams());
    void this.guard(this.readDatagrams());
  }

  send(lane: Lane, bytes: Uint8Array): void {
    if (this.ended) return;
    this.sentBytes += bytes.length;
    if (lane === LANE.control) this.reliably(this.control, framed(bytes));
    else if (lane === LANE.input) this.sendInput(bytes);
    else this.sendDatagram(lane, bytes);
  }

  close(reason: string): void {
    const input = this.input?.then((outlet) => outlet.finish());
    const patience = new Promise((resolve) => setTimeout(resolve, FAREWELL_TIMEOUT));
    const told = Promise.race([Promise.all([this.control.finish(), input]), patience]);
    void told.then(() => this.shut({ kind: "left", message: reason }));
  }

  /** Most engines do not move a session to another path, and some do not notice that theirs is gone. */
  networkChanged(): void {
    if (this.ended) return;
    clearTimeout(this.asking);
    this.asking = setTimeout(
      () => this.shut(lost(`nothing was heard from the host for ${SILENCE_ONCE_ASKED / 1000} seconds`)),
      SILENCE_ONCE_ASKED,
    );
    // More than once, since datagrams get lost.
    for (let i = 0; i < 3; i++) setTimeout(() => this.ended || this.datagrams.write(question()), i * 300);
  }

  ask(): void {
    if (!this.ended) this.datagrams.write(question());
  }

  stats(): LinkStats {
    const { transport, rtt, sentBytes, receivedBytes } = this;
    const queuedBytes = this.control.queued + this.datagrams.queued;
    return { transport, rtt, sentBytes, receivedBytes, queuedBytes };
  }

  private sendInput(bytes: Uint8Array): void {
    if (this.input === null) {
      this.input = this.connection.createUnidirectionalStream().then((stream) => new Outlet(stream));
      this.input.catch(() => undefined);
      const begin = new Uint8Array([LANE.input]);
      void this.input.then((outlet) => outlet.write(begin)).catch(() => undefined);
    }
    // Promises resolve in order, so events stay in theirs.
    void this.input.then((outlet) => this.reliably(outlet, framed(bytes))).catch(() => undefined);
  }

  private sendDatagram(lane: Lane, bytes: Uint8Array): void {
    const { maxDatagramSize } = this.connection.datagrams;
    if (1 + bytes.length > maxDatagramSize) return void this.sendAlone(lane, bytes);
    const datagram = new Uint8Array(1 + bytes.length);
    datagram[0] = lane;
    datagram.set(bytes, 1);
    this.datagrams.write(datagram);
  }

  /** A message that fits into no datagram gets a stream of its own. */
  private async sendAlone(lane: Lane, bytes: Uint8Array): Promise<void> {
    try {
      const outlet = new Outlet(await this.connection.createUnidirectionalStream());
      outlet.write(framed(bytes, [lane]));
      await outlet.finish();
    } catch {
      // It may be lost.
    }
  }

  private reliably(outlet: Outlet, bytes: Uint8Array): void {
    if (outlet.queued + bytes.length > MAX_QUEUED) {
      return this.shut({ kind: "overflow", message: "the host takes too little" });
    }
    outlet.write(bytes);
  }

  private async readControl(stream: ReadableStream<Uint8Array>): Promise<void> {
    const unframer = new Unframer(LANE.control);
    for await (const chunk of chunks(stream)) {
      this.receivedBytes += chunk.length;
      for (const message of unframer.push(chunk)) this.deliver(LANE.control, message);
    }
    // The host ends its control stream only when it leaves; the connection's end says why.
  }

  private async readStreams(): Promise<void> {
    const streams = this.connection.incomingUnidirectionalStreams as ReadableStream<
      ReadableStream<Uint8Array>
    >;
    for await (const stream of chunks(streams)) void this.guard(this.readUpdate(stream));
  }

  /** The host sends no lane in datagrams: it asks whether this page lives, or answers the same. */
  private async readDatagrams(): Promise<void> {
    for await (const datagram of chunks<Uint8Array>(this.connection.datagrams.readable)) {
      this.receivedBytes += datagram.length;
      clearTimeout(this.asking);
      if (datagram[0] !== QUESTION) continue;
      this.rtt = roundTrip(datagram) ?? this.rtt;
      this.datagrams.write(answer());
    }
  }

  /**
   * An update's stream: the lane, one message, the end. With the lane alone it only asks whether this end
   * lives.
   */
  private async readUpdate(stream: ReadableStream<Uint8Array>): Promise<void> {
    const unframer = new Unframer(LANE.update);
    let begun = false;
    let messages = 0;
    for await (const chunk of chunks(stream)) {
      this.receivedBytes += chunk.length;
      if (!begun && chunk.length > 0 && chunk[0] !== LANE.update)
        throw new FramingError("a stream of a wrong lane");
      const rest = begun ? chunk : chunk.subarray(1);
      begun ||= chunk.length > 0;
      for (const message of unframer.push(rest)) {
        if (++messages > 1) throw new FramingError("a second message on an update's stream");
        this.deliver(LANE.update, message);
      }
    }
    if (!unframer.atBoundary) throw new FramingError("an update that was cut off");
  }

  private deliver(lane: Lane, message: Uint8Array): void {
    if (!this.ended) this.handler.message(lane, message);
  }

  /**
   * A rule that the host broke ends the link; a stream that failed with the connection is not the reason for
   * its end.
   */
  private async guard(reading: Promise<void>): Promise<void> {
    try {
      await reading;
    } catch (error) {
      if (error instanceof FramingError) this.shut(broken(error.message));
    }
  }

  private shut(reason: CloseReason): void {
    if (this.ended) return;
    const closeCode = codeOf(reason.kind === "lost" ? "left" : reason.kind);
    try {
      this.connection.close({ closeCode, reason: clean(reason.message) });
    } catch {
      // It was closed already.
    }
    this.end(reason);
  }

  private end(reason: CloseReason): void {
    if (this.ended) return;
    this.ended = true;
    clearTimeout(this.asking);
    this.handler.closed(reason);
  }
}

/** What a stream delivers. Not all engines let streams be iterated. */
async function* chunks<T>(stream: ReadableStream<T>): AsyncGenerator<T> {
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    reader.cancel().catch(() => undefined);
  }
}

/** The bytes of base64. */
function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}
