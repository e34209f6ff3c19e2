/**
 * PNG files as our own programs write them: eight bits a channel, not interlaced (W3C PNG, third edition).
 */

import { deflateSync, inflateSync } from "node:zlib";

export interface Picture {
  width: number;
  height: number;
  rgba: Uint8Array;
}

const SIGNATURE = 8;

/** Channels of a colour type. */
const CHANNELS: Record<number, number> = { 2: 3, 6: 4 };

export function decodePng(file: Buffer): Picture {
  const data: Buffer[] = [];
  let header: Buffer | undefined;
  for (let at = SIGNATURE; at + 12 <= file.length;) {
    const length = file.readUInt32BE(at);
    const kind = file.toString("latin1", at + 4, at + 8);
    const body = file.subarray(at + 8, at + 8 + length);
    if (kind === "IHDR") header = body;
    if (kind === "IDAT") data.push(body);
    at += length + 12;
  }
  if (!header) throw new Error("this is no PNG file");
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  const channels = CHANNELS[header[9] ?? 0];
  if (header[8] !== 8 || channels === undefined || header[12] !== 0) throw new Error("a PNG of another kind");
  return { width, height, rgba: pixels(inflateSync(Buffer.concat(data)), width, height, channels) };
}

export function encodePng({ width, height, rgba }: Picture): Buffer {
  const lines = Buffer.concat(
    Array.from({ length: height }, (_, y) => [
      Buffer.of(0),
      rgba.subarray(y * width * 4, (y + 1) * width * 4),
    ]).flat(),
  );
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 6], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(lines)),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function chunk(kind: string, body: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(kind, "latin1"), body]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(body.length);
  check.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, check]);
}

/** As Annex D of the standard has it; Node has one of its own from 22 on. */
function crc32(data: Buffer): number {
  let crc = ~0;
  for (const byte of data) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

/** Undoes the filter of each line. */
function pixels(lines: Buffer, width: number, height: number, channels: number): Uint8Array {
  const rgba = new Uint8Array(width * height * 4).fill(255);
  const stride = width * channels;
  let above = new Uint8Array(stride);
  for (let y = 0; y < height; y++) {
    const filter = lines[y * (stride + 1)];
    const line = Uint8Array.from(lines.subarray(y * (stride + 1) + 1, (y + 1) * (stride + 1)));
    for (let at = 0; at < stride; at++) {
      const left = at >= channels ? (line[at - channels] as number) : 0;
      const up = above[at] as number;
      const corner = at >= channels ? (above[at - channels] as number) : 0;
      line[at] = ((line[at] as number) + predicted(filter, left, up, corner)) & 255;
    }
    for (let x = 0; x < width; x++) {
      for (let channel = 0; channel < channels; channel++) {
        rgba[(y * width + x) * 4 + channel] = line[x * channels + channel] as number;
      }
    }
    above = line;
  }
  return rgba;
}

function predicted(filter: number | undefined, left: number, up: number, corner: number): number {
  switch (filter) {
    case 0:
      return 0;
    case 1:
      return left;
    case 2:
      return up;
    case 3:
      return (left + up) >> 1;
    case 4:
      return paeth(left, up, corner);
    default:
      throw new Error(`no filter is called ${filter}`);
  }
}

function paeth(left: number, up: number, corner: number): number {
  const guess = left + up - corner;
  const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - corner)];
  return a <= b && a <= c ? left : b <= c ? up : corner;
}
