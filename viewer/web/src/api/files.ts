/**
 * Files of a session: what there is, fetching, and bringing them by uploads that go on after a broken link.
 */

import { ask, HostError } from "./http";

export type Place = "inbox" | "home";

export interface FileEntry {
  name: string;
  kind: "folder" | "file" | "other";
  size: number;
  /** In milliseconds since 1970. */
  modified: number;
}

export interface Folder {
  entries: FileEntry[];
  /** Whether there are others, which the host does not tell. */
  more: boolean;
}

/** How long the host may take to answer what is short, in milliseconds. */
const TIMEOUT = 20_000;
/** The same for a piece of a file. */
const PIECE_TIMEOUT = 120_000;
/** The first piece, and the largest, in bytes. */
const FIRST = 256 * 1024;
const LARGEST = 8 * 1024 * 1024;
/**
 * A piece that took less, in milliseconds, is followed by a larger one; one that took more by a smaller one.
 */
const QUICK = 400;
const SLOW = 2_000;
/** How long is waited before the host is asked again, in milliseconds: longer each time. */
const WAITS = [300, 1_000, 2_000, 5_000];

export class Files {
  constructor(private readonly origin: string) {}

  async list(place: Place, path: readonly string[]): Promise<Folder> {
    const answer = await ask(this.origin, pathOf(place, path), { method: "GET", timeout: TIMEOUT });
    const { entries, more } = (answer ?? {}) as { entries?: unknown; more?: unknown };
    return { entries: Array.isArray(entries) ? entries.flatMap(entry) : [], more: more === true };
  }

  /** Where a browser fetches a file. */
  address(place: Place, path: readonly string[]): string {
    return this.origin + pathOf(place, path);
  }

  /** Offers what is in the inbox to the app at a place of a window; `paths` are the names of each path. */
  async drop(
    onto: { track: number; x: number; y: number },
    paths: readonly (readonly string[])[],
  ): Promise<void> {
    await ask(this.origin, "/api/drops", { method: "POST", body: { ...onto, paths }, timeout: TIMEOUT });
  }

  /**
   * Brings a file to a path in the inbox; answers the names of the path that it got. However often the link
   * breaks it goes on, until `signal` ends it. `progress` is told how many bytes have arrived.
   */
  async bring(
    file: Blob,
    path: string,
    signal: AbortSignal,
    progress: (bytes: number) => void,
  ): Promise<string[]> {
    const post = (to: string, body: object) =>
      ask(this.origin, to, { method: "POST", body, timeout: TIMEOUT });
    const begin = () => post("/api/uploads", { path, size: file.size });
    const { id } = ((await again(begin, signal)) ?? {}) as { id?: unknown };
    if (typeof id !== "string") throw new HostError(200, "form", "the host's answer cannot be understood");
    const own = `/api/uploads/${id}`;
    try {
      await this.pieces(file, own, signal, progress);
      const { path: arrived } = ((await again(() => post(own, {}), signal)) ?? {}) as { path?: unknown };
      return Array.isArray(arrived) ? arrived.filter((name) => typeof name === "string") : [];
    } catch (error) {
      // What is left of it is of no use to anybody; the host forgets it in time all the same.
      void ask(this.origin, own, { method: "DELETE", timeout: TIMEOUT }).catch(() => {});
      throw error;
    }
  }

  private async pieces(
    file: Blob,
    own: string,
    signal: AbortSignal,
    progress: (bytes: number) => void,
  ): Promise<void> {
    let [offset, length] = [0, FIRST];
    while (offset < file.size) {
      const began = performance.now();
      try {
        offset = await this.piece(file.slice(offset, offset + length), own, offset, signal);
        const took = performance.now() - began;
        if (took < QUICK) length = Math.min(length * 2, LARGEST);
        else if (took > SLOW) length = Math.max(length / 2, FIRST);
      } catch (error) {
        if (!mayPass(error)) throw error;
        length = FIRST;
        const stands = () => ask(this.origin, own, { method: "GET", timeout: TIMEOUT });
        offset = offsetOf(await again(stands, signal));
      }
      progress(offset);
    }
  }

  private async piece(piece: Blob, own: string, offset: number, signal: AbortSignal): Promise<number> {
    signal.throwIfAborted();
    const body = await piece.arrayBuffer();
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", body));
    const headers = {
      "Upload-Offset": String(offset),
      "Content-Digest": `sha-256=:${btoa(String.fromCharCode(...digest))}:`,
    };
    return offsetOf(
      await ask(this.origin, own, { method: "PATCH", bytes: body, headers, timeout: PIECE_TIMEOUT, signal }),
    );
  }
}

function offsetOf(answer: unknown): number {
  const { offset } = (answer ?? {}) as { offset?: unknown };
  if (typeof offset !== "number") throw new HostError(200, "form", "the host's answer cannot be understood");
  return offset;
}

/** Whether it may work later: the host cannot be reached, or a piece came otherwise than it was sent. */
function mayPass(error: unknown): boolean {
  if (!(error instanceof HostError)) return false;
  const { status, code, reason } = error;
  const lost = status === 0 || status === 408 || status === 429 || status === 502 || status === 504;
  return lost || code === "conflict" || code === "malformed" || reason === "checksum";
}

/** Asks until the host answers. */
async function again<T>(question: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let tries = 0; ; tries++) {
    signal.throwIfAborted();
    try {
      return await question();
    } catch (error) {
      const lost = error instanceof HostError && (error.status === 0 || error.status === 502);
      if (!lost && !(error instanceof HostError && error.status === 429)) throw error;
    }
    await pause(WAITS[Math.min(tries, WAITS.length - 1)] as number, signal);
  }
}

function pause(time: number, signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) return done();
    const over = new AbortController();
    const wake = (): void => {
      clearTimeout(timer);
      over.abort();
      done();
    };
    const timer = setTimeout(wake, time);
    // None of them is heard any more once one has come.
    const once = { once: true, signal: over.signal };
    signal.addEventListener("abort", wake, once);
    // A network that is back need not be waited for.
    globalThis.addEventListener?.("online", wake, once);
  });
}

function pathOf(place: Place, path: readonly string[]): string {
  return ["/api/files", place, ...path.map(encodeURIComponent)].join("/");
}

function entry(value: unknown): FileEntry[] {
  const { name, kind, size, modified } = (value ?? {}) as Record<string, unknown>;
  if (typeof name !== "string" || (kind !== "folder" && kind !== "file" && kind !== "other")) return [];
  const number = (value: unknown) => (typeof value === "number" ? value : 0);
  return [{ name, kind, size: number(size), modified: number(modified) * 1000 }];
}
