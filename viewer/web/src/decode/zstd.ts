/** zstd by WebAssembly, in memory of fixed size: two buffers, taken once. */

/** The longest content of a tile, and the longest that its compressed form can sensibly be. */
const MAX_PLAIN = 4 << 16;
const MAX_PACKED = MAX_PLAIN + 1024;

interface Exports {
  memory: WebAssembly.Memory;
  malloc(bytes: number): number;
  ZSTD_decompress(to: number, capacity: number, from: number, length: number): number;
  ZSTD_isError(result: number): number;
}

/** Decompresses one frame after the other. */
export class Zstd {
  private readonly packed: number;
  private readonly plain: number;

  /** With the module at this address. */
  static async fetch(url: string): Promise<Zstd> {
    const response = await fetch(url);
    // Not while it streams: that fails unless every server and proxy names its type rightly, and it is small.
    return new Zstd(await WebAssembly.compile(await response.arrayBuffer()));
  }

  constructor(module: WebAssembly.Module) {
    // Nothing to do when memory grows: it is looked at anew each time.
    const imports = { env: { emscripten_notify_memory_growth: () => {} } };
    this.wasm = new WebAssembly.Instance(module, imports).exports as unknown as Exports;
    this.packed = this.wasm.malloc(MAX_PACKED);
    this.plain = this.wasm.malloc(MAX_PLAIN);
    if (this.packed === 0 || this.plain === 0) throw new Error("no memory for the decompressor");
  }

  private readonly wasm: Exports;

  /**
   * The content, if it has at most `most` bytes: a view that lasts until the next call. Null if the data is
   * damaged.
   */
  decompress(data: Uint8Array, most: number): Uint8Array | null {
    if (data.length > MAX_PACKED || most > MAX_PLAIN) return null;
    const { memory, ZSTD_decompress, ZSTD_isError } = this.wasm;
    new Uint8Array(memory.buffer).set(data, this.packed);
    const length = ZSTD_decompress(this.plain, most, this.packed, data.length);
    if (ZSTD_isError(length) !== 0) return null;
    return new Uint8Array(memory.buffer, this.plain, length);
  }
}
