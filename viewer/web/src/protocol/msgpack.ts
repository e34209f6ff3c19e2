/**
 * MessagePack, as far as the protocol uses it. What a reader meets is not trusted: every length is checked
 * against what is there before anything is taken from it, and any surprise is a `WireError`.
 */

/** Bytes that are no message of the expected form. */
export class WireError extends Error {
  override readonly name = "WireError";
}

/** Deeper nesting than this is no message of ours: the deepest has 8. */
const MAX_DEPTH = 32;

/** Texts of so many bytes are short. */
const SHORT = 24;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** Reads values from bytes, one after the other. */
export class Reader {
  private at = 0;
  private readonly view: DataView;

  constructor(private readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** How many bytes were not read yet. */
  get left(): number {
    return this.bytes.length - this.at;
  }

  /** Whether the next value is nil, which is then read. */
  nil(): boolean {
    const nil = this.bytes[this.at] === 0xc0;
    if (nil) this.at += 1;
    return nil;
  }

  bool(): boolean {
    const head = this.uint(1);
    if (head !== 0xc2 && head !== 0xc3) throw new WireError("no truth value");
    return head === 0xc3;
  }

  /** A whole number that JavaScript holds exactly. */
  int(): number {
    const head = this.uint(1);
    if (head < 0x80) return head;
    if (head >= 0xe0) return head - 0x100;
    let n: number;
    if (head >= 0xcc && head <= 0xcf) n = this.uint(1 << (head - 0xcc));
    else if (head >= 0xd0 && head <= 0xd3) n = this.sint(1 << (head - 0xd0));
    else throw new WireError("no whole number");
    if (!Number.isSafeInteger(n)) throw new WireError("a number beyond 2^53");
    return n;
  }

  /** A number with or without a fraction. */
  float(): number {
    const head = this.bytes[this.at];
    if (head !== 0xca && head !== 0xcb) return this.int();
    this.at += 1;
    const from = this.take(head === 0xca ? 4 : 8);
    return head === 0xca ? this.view.getFloat32(from) : this.view.getFloat64(from);
  }

  text(): string {
    const length = this.length(0xa0, 0x20, 0xd9, 1, "text");
    const from = this.take(length);
    const name = length <= SHORT ? this.ascii(from, length) : null;
    if (name !== null) return name;
    try {
      return utf8.decode(this.bytes.subarray(from, from + length));
    } catch {
      throw new WireError("text that is not UTF-8");
    }
  }

  /**
   * Most texts are names of fields: engines build those faster than they call their decoder. Null if it is no
   * ASCII.
   */
  private ascii(from: number, length: number): string | null {
    let text = "";
    for (let at = from; at < from + length; at++) {
      const byte = this.bytes[at]!;
      if (byte >= 0x80) return null;
      text += String.fromCharCode(byte);
    }
    return text;
  }

  /** A view of the message, not a copy. */
  binary(): Uint8Array {
    const length = this.length(0, 0, 0xc4, 1, "binary data");
    const from = this.take(length);
    return this.bytes.subarray(from, from + length);
  }

  /** The number of items that follow. Each has at least a byte. */
  list(): number {
    return this.fitting(this.length(0x90, 0x10, 0xdc, 2, "list"));
  }

  /** The number of pairs that follow. */
  map(): number {
    return this.fitting(this.length(0x80, 0x10, 0xde, 2, "map"));
  }

  /** Whether the next value is a text. */
  isText(): boolean {
    const head = this.bytes[this.at] ?? 0;
    return (head >= 0xa0 && head < 0xc0) || (head >= 0xd9 && head <= 0xdb);
  }

  /** Passes over one value, whatever it is. */
  skip(depth = 0): void {
    if (depth > MAX_DEPTH) throw new WireError("nesting that is too deep");
    const head = this.bytes[this.at];
    if (head === undefined) throw new WireError("it is cut off");
    if ((head >= 0x80 && head < 0x90) || head === 0xde || head === 0xdf) {
      for (let pairs = 2 * this.map(); pairs > 0; pairs--) this.skip(depth + 1);
    } else if ((head >= 0x90 && head < 0xa0) || head === 0xdc || head === 0xdd) {
      for (let items = this.list(); items > 0; items--) this.skip(depth + 1);
    } else if (this.isText()) {
      this.take(this.length(0xa0, 0x20, 0xd9, 1, "text"));
    } else if (head >= 0xc4 && head <= 0xc6) {
      this.binary();
    } else if (head >= 0xc7 && head <= 0xc9) {
      this.at += 1;
      this.take(this.uint(1 << (head - 0xc7)) + 1);
    } else if (head >= 0xd4 && head <= 0xd8) {
      this.take(2 + (1 << (head - 0xd4)));
    } else if (head === 0xc0 || head === 0xc2 || head === 0xc3) {
      this.at += 1;
    } else if (head === 0xcf || head === 0xd3) {
      this.take(9);
    } else {
      this.float();
    }
  }

  /** The length of what begins here: in its first byte, or behind it in 1, 2 or 4 bytes from `least` on. */
  private length(short: number, shorts: number, long: number, least: number, what: string): number {
    const head = this.uint(1);
    if (head >= short && head < short + shorts) return head - short;
    const power = head - long;
    if (power < 0 || power > 3 - least) throw new WireError(`no ${what}`);
    return this.uint(least << power);
  }

  private fitting(count: number): number {
    if (count > this.left) throw new WireError("it is cut off");
    return count;
  }

  private take(length: number): number {
    const from = this.at;
    if (length > this.left) throw new WireError("it is cut off");
    this.at += length;
    return from;
  }

  private uint(bytes: number): number {
    const from = this.take(bytes);
    if (bytes === 1) return this.view.getUint8(from);
    if (bytes === 2) return this.view.getUint16(from);
    const high = this.view.getUint32(from);
    return bytes === 4 ? high : high * 0x1_0000_0000 + this.view.getUint32(from + 4);
  }

  private sint(bytes: number): number {
    const from = this.take(bytes);
    if (bytes === 1) return this.view.getInt8(from);
    if (bytes === 2) return this.view.getInt16(from);
    const high = this.view.getInt32(from);
    return bytes === 4 ? high : high * 0x1_0000_0000 + this.view.getUint32(from + 4);
  }
}

/** Writes values one after the other, each in its shortest form. */
export class Writer {
  private bytes = new Uint8Array(256);
  private view = new DataView(this.bytes.buffer);
  private at = 0;

  /** All that was written. */
  finish(): Uint8Array {
    return this.bytes.slice(0, this.at);
  }

  nil(): void {
    this.uint(1, 0xc0);
  }

  bool(value: boolean): void {
    this.uint(1, value ? 0xc3 : 0xc2);
  }

  int(n: number): void {
    if (n >= 0) {
      if (n < 0x80) this.uint(1, n);
      else this.sized(0xcc, n, 8);
    } else if (n >= -0x20) this.uint(1, n + 0x100);
    else {
      const power = n >= -0x80 ? 0 : n >= -0x8000 ? 1 : n >= -0x8000_0000 ? 2 : 3;
      this.uint(1, 0xd0 + power);
      // In two's complement; only the largest has a part that does not fit 32 bits.
      if (power === 3) this.uint(4, Math.floor(n / 0x1_0000_0000) >>> 0);
      this.uint(Math.min(1 << power, 4), n & (power === 0 ? 0xff : power === 1 ? 0xffff : -1));
    }
  }

  float(n: number): void {
    this.uint(1, 0xcb);
    const at = this.grow(8);
    this.view.setFloat64(at, n);
  }

  text(text: string): void {
    const bytes = encoder.encode(text);
    if (bytes.length < 0x20) this.uint(1, 0xa0 + bytes.length);
    else this.sized(0xd9, bytes.length, 4);
    this.raw(bytes);
  }

  binary(bytes: Uint8Array): void {
    this.sized(0xc4, bytes.length, 4);
    this.raw(bytes);
  }

  list(count: number): void {
    this.count(0x90, 0xdc, count);
  }

  map(count: number): void {
    this.count(0x80, 0xde, count);
  }

  private count(short: number, long: number, count: number): void {
    if (count < 0x10) this.uint(1, short + count);
    else {
      const wide = count > 0xffff;
      this.uint(1, long + (wide ? 1 : 0));
      this.uint(wide ? 4 : 2, count);
    }
  }

  /** A head that tells how many bytes `n` takes, and `n`. */
  private sized(head: number, n: number, most: number): void {
    const power = n < 0x100 ? 0 : n < 0x1_0000 ? 1 : n < 0x1_0000_0000 || most === 4 ? 2 : 3;
    this.uint(1, head + power);
    this.uint(1 << power, n);
  }

  private uint(bytes: number, n: number): void {
    const at = this.grow(bytes);
    if (bytes === 1) this.view.setUint8(at, n);
    else if (bytes === 2) this.view.setUint16(at, n);
    else if (bytes === 4) this.view.setUint32(at, n);
    else {
      this.view.setUint32(at, Math.floor(n / 0x1_0000_0000));
      this.view.setUint32(at + 4, n >>> 0);
    }
  }

  private raw(bytes: Uint8Array): void {
    const at = this.grow(bytes.length);
    this.bytes.set(bytes, at);
  }

  /** Makes room, and answers where it begins. */
  private grow(length: number): number {
    const from = this.at;
    this.at += length;
    if (this.at > this.bytes.length) {
      const larger = new Uint8Array(Math.max(this.at, 2 * this.bytes.length));
      larger.set(this.bytes);
      this.bytes = larger;
      this.view = new DataView(larger.buffer);
    }
    return from;
  }
}
