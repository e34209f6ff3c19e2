/**
 * Videos that travel on RTP beside their updates: what stands before an update tells which frames belong to
 * it, and each op gets its picture when its frame has come. A frame that does not come in time is done
 * without: the host sends everything that rests again as tiles.
 */

import { DecodedVideo, type VideoOp, type VideoPicture, type VideoSource } from "../decode/video";
import type { TrackId, UpdateId } from "../protocol/types";
import type { VideoWay } from "./peer-messages";
import { ChannelError } from "./channel-message";

/** Stands for: the data is in the message. */
const INLINE = 255;
/**
 * The longest wait for a frame, in milliseconds, and how much longer it is for each millisecond of the round
 * trip.
 */
const FRAME_TIMEOUT = 300;
const FRAME_TIMEOUT_ROUND_TRIPS = 4;
/** Frames that came before their update are kept up to this many in each slot. */
const MAX_EARLY = 64;

/** Where the data of a video op is. */
type Place = { slot: number; timestamp: number } | { data: Uint8Array };

/** What stands before an update. */
interface Head {
  track: TrackId;
  update: UpdateId;
  places: Place[];
}

/** Reads what stands before an update; the update is `rest`. */
export function readHead(message: Uint8Array): { head: Head; rest: Uint8Array } {
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  let at = 13;
  try {
    const head: Head = { track: view.getUint32(1), update: Number(view.getBigUint64(5)), places: [] };
    for (let left = view.getUint8(0); left > 0; left--) {
      const [slot, number] = [view.getUint8(at), view.getUint32(at + 1)];
      at += 5;
      if (slot !== INLINE) head.places.push({ slot, timestamp: number });
      else {
        if (at + number > message.length) throw new RangeError();
        head.places.push({ data: message.subarray(at, at + number) });
        at += number;
      }
    }
    return { head, rest: message.subarray(at) };
  } catch (error) {
    if (error instanceof RangeError) throw new ChannelError("the head of an update is cut short");
    throw error;
  }
}

/** Whether time stamp `a` is not before `b`, on a clock that begins anew every 13 hours. */
function notBefore(a: number, b: number): boolean {
  return ((a - b) & 0xffff_ffff) >= 0;
}

/** Frames of the slots, and who waits for them. */
class Frames<F> {
  private readonly early = new Map<number, Map<number, F>>();
  private readonly waiting = new Map<number, { timestamp: number; resolve: (frame: F | null) => void }[]>();

  /** `exact`: only the frame of that very time stamp will do; else any later one stands for it. */
  constructor(
    private readonly exact: boolean,
    private readonly drop: (frame: F) => void,
  ) {}

  /** A frame came. */
  push(slot: number, timestamp: number, frame: F): void {
    const waiting = this.waiting.get(slot) ?? [];
    const fits = waiting.findIndex((one) => this.fits(timestamp, one.timestamp));
    if (fits >= 0) {
      const [first] = waiting.splice(fits, 1);
      first?.resolve(frame);
      return;
    }
    const early = this.early.get(slot) ?? new Map<number, F>();
    this.early.set(slot, early);
    early.set(timestamp, frame);
    const [oldest] = early.keys();
    if (early.size > MAX_EARLY && oldest !== undefined) this.take(early, oldest, this.drop);
  }

  /** The frame, or null if it does not come within so many milliseconds. */
  get(slot: number, timestamp: number, patience: number): Promise<F | null> {
    const early = this.early.get(slot);
    for (const came of early?.keys() ?? []) {
      if (this.fits(came, timestamp)) return Promise.resolve(this.take(early!, came, (frame) => frame));
      // Frames before it belong to nobody any more, if later ones stand for earlier ones.
      if (!this.exact) this.take(early!, came, this.drop);
    }
    return new Promise((resolve) => {
      const one = { timestamp, resolve };
      const waiting = this.waiting.get(slot) ?? [];
      this.waiting.set(slot, waiting);
      waiting.push(one);
      setTimeout(() => {
        const at = waiting.indexOf(one);
        if (at >= 0) waiting.splice(at, 1);
        resolve(null);
      }, patience);
    });
  }

  /** Nobody waits any more. */
  close(): void {
    for (const waiting of this.waiting.values()) for (const { resolve } of waiting) resolve(null);
    for (const early of this.early.values()) early.forEach(this.drop);
    this.waiting.clear();
    this.early.clear();
  }

  private fits(came: number, wanted: number): boolean {
    return this.exact ? came === wanted : notBefore(came, wanted);
  }

  private take<R>(early: Map<number, F>, timestamp: number, use: (frame: F) => R): R {
    const frame = early.get(timestamp) as F;
    early.delete(timestamp);
    return use(frame);
  }
}

/** The videos of one link. */
export class RtpVideo {
  private readonly encoded = new Frames<Uint8Array>(true, () => undefined);
  private readonly shown = new Frames<ImageBitmap>(false, (picture) => picture.close());
  private readonly places = new Map<TrackId, Map<UpdateId, Place[]>>();

  /** `roundTrip` tells it in milliseconds, if known; `wantKeyframe` asks the host for one in a slot. */
  constructor(
    private readonly way: VideoWay,
    private readonly roundTrip: () => number | null,
    private readonly wantKeyframe: (slot: number) => void,
  ) {}

  /** An encoded frame came. */
  encodedFrame(slot: number, timestamp: number, data: Uint8Array): void {
    this.encoded.push(slot, timestamp, data);
  }

  /** A picture came that the browser decoded. */
  picture(slot: number, timestamp: number, picture: ImageBitmap): void {
    this.shown.push(slot, timestamp, picture);
  }

  /** An update is about to come with these places for its videos. */
  expect({ track, update, places }: Head): void {
    const updates = this.places.get(track) ?? new Map<UpdateId, Place[]>();
    this.places.set(track, updates);
    updates.set(update, places);
  }

  /** The pictures of one track. */
  source(track: TrackId): VideoSource {
    const next = (update: UpdateId) => this.next(track, update);
    return this.way === "shown"
      ? new ShownSource(next, (place) => this.waitShown(place))
      : new EncodedSource(next, (place) => this.waitEncoded(place), this.wantKeyframe);
  }

  close(): void {
    this.encoded.close();
    this.shown.close();
    this.places.clear();
  }

  /** The place of the next video of an update; undefined if its data is in the op. */
  private next(track: TrackId, update: UpdateId): Place | undefined {
    const updates = this.places.get(track);
    const places = updates?.get(update);
    const place = places?.shift();
    if (places?.length === 0) updates?.delete(update);
    return place;
  }

  private waitEncoded(place: Place): Promise<Uint8Array | null> {
    if ("data" in place) return Promise.resolve(place.data);
    return this.encoded.get(place.slot, place.timestamp, this.patience());
  }

  private waitShown(place: Place): Promise<ImageBitmap | null> {
    // What is not on RTP nobody can decode here: it will come again as tiles.
    if ("data" in place) return Promise.resolve(null);
    return this.shown.get(place.slot, place.timestamp, this.patience());
  }

  private patience(): number {
    return FRAME_TIMEOUT + FRAME_TIMEOUT_ROUND_TRIPS * (this.roundTrip() ?? 0);
  }
}

/** Stands for a picture that did not come: it changes nothing. */
function nothing({ rect }: VideoOp): VideoPicture {
  const { w, h } = rect;
  return { image: new OffscreenCanvas(w, h), size: { w, h }, close: () => undefined };
}

/** Frames come encoded, and are decoded here. */
class EncodedSource implements VideoSource {
  private readonly decoded = new DecodedVideo();
  /** Streams of which a frame was lost: what follows cannot be decoded. */
  private readonly broken = new Set<number>();
  /** Decoders want frames in order. */
  private last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly next: (update: UpdateId) => Place | undefined,
    private readonly wait: (place: Place) => Promise<Uint8Array | null>,
    private readonly wantKeyframe: (slot: number) => void,
  ) {}

  async picture(update: UpdateId, op: VideoOp): Promise<VideoPicture> {
    const place = this.next(update);
    if (place === undefined) return this.decoded.picture(update, op);
    const before = this.last;
    const data = this.wait(place);
    const arrived = data.then(() => performance.now());
    const begun = Promise.all([data, before]).then(([data]) => ({
      decoding: this.decode(update, op, place, data),
    }));
    this.last = begun.catch(() => undefined);
    return { ...(await (await begun).decoding), arrived: await arrived };
  }

  close(): void {
    this.decoded.close();
  }

  /** Begins to decode; does not wait for the picture, so that the next may begin. */
  private decode(
    update: UpdateId,
    op: VideoOp,
    place: Place,
    data: Uint8Array | null,
  ): Promise<VideoPicture> {
    if (op.keyframe) this.broken.delete(op.stream);
    if (data !== null && !this.broken.has(op.stream)) return this.decoded.picture(update, { ...op, data });
    this.broken.add(op.stream);
    if ("slot" in place) this.wantKeyframe(place.slot);
    return Promise.resolve(nothing(op));
  }
}

/** Frames come as pictures that the browser decoded. */
class ShownSource implements VideoSource {
  constructor(
    private readonly next: (update: UpdateId) => Place | undefined,
    private readonly wait: (place: Place) => Promise<ImageBitmap | null>,
  ) {}

  async picture(update: UpdateId, op: VideoOp): Promise<VideoPicture> {
    const place = this.next(update);
    const image = place === undefined ? null : await this.wait(place);
    const arrived = performance.now();
    if (image === null || image.width < op.rect.w || image.height < op.rect.h) {
      image?.close();
      return { ...nothing(op), arrived };
    }
    return { image, size: { w: image.width, h: image.height }, arrived, close: () => image.close() };
  }

  close(): void {}
}
