/** H.264 of a track to pictures. */

import type { Op, Size, UpdateId } from "../protocol/types";
import { Malformed } from "./malformed";
import { headOf } from "./sps";

/** The content of an op `Video`. */
export type VideoOp = Extract<Op, { Video: unknown }>["Video"];

/** A decoded picture; whoever gets it closes it. */
export interface VideoPicture {
  image: CanvasImageSource;
  size: Size;
  /** When its bytes had come, as `performance.now()` tells, if they came beside their update. */
  arrived?: number;
  close(): void;
}

/**
 * Where the pictures of one track's videos come from: decoders here, or a link on which they travel decoded.
 */
export interface VideoSource {
  /**
   * The picture of an op, asked for in order, and ahead of what is drawn. Rejects with `Malformed` if there
   * can be none: then the track's copy is worth nothing any more.
   */
  picture(update: UpdateId, op: VideoOp): Promise<VideoPicture>;
  /** The track is gone, or begins anew. */
  close(): void;
}

/** The most decoders of one track: hosts use no more, and each takes the memory of a few pictures. */
const MAX_STREAMS = 4;
/** After how many updates without a picture a decoder makes room for a new stream's. */
const UNUSED = 120;
/** How much larger than its rectangle a picture may be coded. */
const MAX_PADDING = 15;
const MACROBLOCK = 16;

/** Whether this engine decodes what hosts send. */
export async function canDecode(): Promise<boolean> {
  if (typeof VideoDecoder === "undefined") return false;
  try {
    return (await VideoDecoder.isConfigSupported(settings("avc1.42e01f"))).supported === true;
  } catch {
    return false;
  }
}

function settings(codec: string): VideoDecoderConfig {
  // Without it decoders hold a picture back, in case a later one is to be shown before.
  return { codec, optimizeForLatency: true };
}

/** The decoders of one track, by WebCodecs. */
export class DecodedVideo implements VideoSource {
  private readonly streams = new Map<number, Stream>();

  async picture(update: UpdateId, op: VideoOp): Promise<VideoPicture> {
    const { rect, stream, keyframe, data } = op;
    let codec: string | undefined;
    try {
      const head = headOf(data);
      if (head !== null && !(isCoded(head.size.w, rect.w) && isCoded(head.size.h, rect.h))) {
        throw new RangeError("coded with another size than its rectangle's");
      }
      codec = head?.codec;
    } catch (error) {
      throw new Malformed(`video stream ${stream}: ${(error as Error).message}`);
    }
    const frame = await this.stream(update, stream, keyframe, codec).decode(keyframe, data);
    const size = { w: frame.displayWidth, h: frame.displayHeight };
    if (!isPadded(size.w, rect.w) || !isPadded(size.h, rect.h)) {
      frame.close();
      throw new Malformed(`video stream ${stream}: a picture of another size than its rectangle's`);
    }
    return { image: frame, size, close: () => frame.close() };
  }

  close(): void {
    for (const stream of this.streams.values()) stream.close();
    this.streams.clear();
  }

  private stream(update: UpdateId, id: number, keyframe: boolean, codec: string | undefined): Stream {
    let stream = this.streams.get(id);
    if (stream === undefined) {
      if (!keyframe || codec === undefined)
        throw new Malformed(`video stream ${id} does not begin with a keyframe`);
      this.dropUnused(update);
      this.streams.set(id, (stream = new Stream(id, codec)));
    }
    stream.used = update;
    return stream;
  }

  /**
   * Makes room for a new stream. Old ones are seldom used again: hosts drop their encoders soon after motion
   * ends.
   */
  private dropUnused(update: UpdateId): void {
    const byAge = [...this.streams].sort(([, a], [, b]) => a.used - b.used);
    for (const [id, stream] of byAge) {
      if (update - stream.used < UNUSED && this.streams.size < MAX_STREAMS) break;
      stream.close();
      this.streams.delete(id);
    }
  }
}

/** Whether a picture coded with so many columns or rows fits a rectangle. */
function isCoded(coded: number, shown: number): boolean {
  return coded <= Math.ceil((shown + MAX_PADDING) / MACROBLOCK) * MACROBLOCK;
}

function isPadded(picture: number, shown: number): boolean {
  return picture >= shown && picture - shown <= MAX_PADDING;
}

interface Waiting {
  resolve(frame: VideoFrame): void;
  reject(error: Malformed): void;
}

/** One decoder. Each access unit becomes one picture, in order. */
class Stream {
  /** The newest update with a picture of it. */
  used = 0;
  private readonly decoder: VideoDecoder;
  private readonly waiting = new Map<number, Waiting>();
  private next = 0;
  /** Once it is over: why. */
  private over: Malformed | null = null;

  constructor(
    private readonly id: number,
    codec: string,
  ) {
    this.decoder = new VideoDecoder({
      output: (frame) => this.output(frame),
      error: (error) => this.end(error.message),
    });
    this.decoder.configure(settings(codec));
  }

  decode(keyframe: boolean, data: Uint8Array): Promise<VideoFrame> {
    return new Promise((resolve, reject) => {
      if (this.over !== null) return reject(this.over);
      const timestamp = this.next++;
      this.waiting.set(timestamp, { resolve, reject });
      try {
        this.decoder.decode(new EncodedVideoChunk({ type: keyframe ? "key" : "delta", timestamp, data }));
      } catch (error) {
        this.end((error as Error).message);
      }
    });
  }

  close(): void {
    this.end("its decoder was closed");
  }

  private output(frame: VideoFrame): void {
    const waiting = this.waiting.get(frame.timestamp);
    this.waiting.delete(frame.timestamp);
    if (waiting === undefined) frame.close();
    else waiting.resolve(frame);
  }

  private end(reason: string): void {
    if (this.over !== null) return;
    this.over = new Malformed(`video stream ${this.id}: ${reason}`);
    if (this.decoder.state !== "closed") this.decoder.close();
    for (const { reject } of this.waiting.values()) reject(this.over);
    this.waiting.clear();
  }
}
