/** What the head of an H.264 stream says, read before a decoder takes memory for it. */

import type { Size } from "../protocol/types";

/**
 * A stream's name for WebCodecs, and the size its pictures are coded with, in whole macroblocks, before
 * cropping.
 */
export interface Head {
  codec: string;
  size: Size;
}

const PARAMETERS = 7;
const SUBSET_PARAMETERS = 15;
const BASELINE = 66;
const MAIN = 77;
const MACROBLOCK = 16;

/**
 * The head within an access unit (Annex B); null if it has none. Throws a RangeError if it is malformed or of
 * a profile that hosts do not send.
 */
export function headOf(unit: Uint8Array): Head | null {
  let head: Head | null = null;
  for (const start of units(unit)) {
    const kind = unit[start]! & 0x1f;
    if (kind === SUBSET_PARAMETERS) throw new RangeError("an unexpected profile");
    if (kind === PARAMETERS) head = parse(unit.subarray(start, start + ENOUGH));
  }
  return head;
}

/** What is looked for stands in a unit's first bytes. */
const ENOUGH = 1024;

/** Where units begin: behind each start code 0 0 1. */
function* units(bytes: Uint8Array): Generator<number> {
  for (let at = bytes.indexOf(1); at >= 0; at = bytes.indexOf(1, at + 1)) {
    if (at >= 2 && bytes[at - 1] === 0 && bytes[at - 2] === 0 && at + 1 < bytes.length) yield at + 1;
  }
}

function parse(unit: Uint8Array): Head {
  const [profile, constraints, level] = [unit[1] ?? 0, unit[2] ?? 0, unit[3] ?? 0];
  if (profile !== BASELINE && profile !== MAIN) throw new RangeError("an unexpected profile");
  const hex = (byte: number) => byte.toString(16).padStart(2, "0");
  const bits = new Bits(unit.subarray(4));
  bits.golomb(); // Its id.
  bits.golomb(); // The length of frame numbers.
  skipPictureOrder(bits);
  bits.golomb(); // The number of references: the standard's level bounds it.
  bits.bit(); // Gaps in frame numbers.
  const columns = bits.golomb() + 1;
  const rows = (bits.golomb() + 1) * (bits.bit() === 1 ? 1 : 2);
  const codec = `avc1.${hex(profile)}${hex(constraints)}${hex(level)}`;
  return { codec, size: { w: columns * MACROBLOCK, h: rows * MACROBLOCK } };
}

function skipPictureOrder(bits: Bits): void {
  const kind = bits.golomb();
  if (kind === 0) bits.golomb();
  if (kind === 1) {
    bits.bit();
    bits.golomb();
    bits.golomb();
    for (let offsets = Math.min(bits.golomb(), 255); offsets > 0; offsets--) bits.golomb();
  }
}

/** Bits, the highest of a byte first, without the bytes that keep start codes out of the data. */
class Bits {
  private readonly bytes: Uint8Array;
  private at = 0;

  constructor(unit: Uint8Array) {
    this.bytes = unit.filter((byte, i) => !(byte === 3 && i >= 2 && unit[i - 1] === 0 && unit[i - 2] === 0));
  }

  bit(): number {
    const byte = this.bytes[this.at >> 3];
    if (byte === undefined) throw new RangeError("a head that is cut off");
    return (byte >> (7 - (this.at++ & 7))) & 1;
  }

  /** An Exp-Golomb number. */
  golomb(): number {
    let zeros = 0;
    while (this.bit() === 0) if (++zeros > 31) throw new RangeError("a number that is too large");
    let value = 1;
    for (; zeros > 0; zeros--) value = 2 * value + this.bit();
    return value - 1;
  }
}
