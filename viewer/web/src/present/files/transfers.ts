/** Files on their way to a session: they go on while nobody looks. */

import type { Files } from "../../api/files";

export interface Transfer {
  readonly name: string;
  readonly size: number;
  arrived: number;
  state: "waiting" | "running" | "done" | "cancelled" | "failed";
  /** Why it failed. */
  why: string;
  /** The names of its path in the inbox, once it is there. */
  path: string[];
  cancel(): void;
}

/** A file, and its path below what was chosen. */
export interface Chosen {
  file: File;
  path: string;
}

/** The most at once; the others wait. */
const AT_ONCE = 3;

export class Transfers {
  readonly all: Transfer[] = [];
  private readonly waiting: (() => void)[] = [];
  private running = 0;
  private readonly listeners = new Set<() => void>();

  constructor(private readonly files: Pick<Files, "bring">) {}

  /** Calls this whenever something changes, until the answer is called. */
  listen(changed: () => void): () => void {
    this.listeners.add(changed);
    return () => this.listeners.delete(changed);
  }

  /** Brings files; answers when all are there, were cancelled or have failed. */
  async bring(chosen: readonly Chosen[]): Promise<Transfer[]> {
    const begun = chosen.map((one) => this.begin(one));
    this.tell();
    await Promise.all(begun.map(({ over }) => over));
    return begun.map(({ transfer }) => transfer);
  }

  get active(): boolean {
    return this.all.some(({ state }) => state === "waiting" || state === "running");
  }

  /** Forgets what is over. */
  clear(): void {
    const still = this.all.filter(({ state }) => state === "waiting" || state === "running");
    this.all.splice(0, this.all.length, ...still);
    this.tell();
  }

  private begin({ file, path }: Chosen): { transfer: Transfer; over: Promise<void> } {
    const ending = new AbortController();
    const transfer: Transfer = {
      ...{ name: path, size: file.size, arrived: 0, state: "waiting", why: "", path: [] },
      cancel: () => ending.abort(),
    };
    this.all.push(transfer);
    const over = new Promise<void>((done) => {
      this.waiting.push(() => void this.run(transfer, file, ending.signal).then(done));
    });
    this.next();
    return { transfer, over };
  }

  private next(): void {
    while (this.running < AT_ONCE && this.waiting.length > 0) {
      this.running++;
      this.waiting.shift()?.();
    }
  }

  private async run(transfer: Transfer, file: File, signal: AbortSignal): Promise<void> {
    transfer.state = "running";
    try {
      signal.throwIfAborted();
      transfer.path = await this.files.bring(file, transfer.name, signal, (bytes) => {
        transfer.arrived = bytes;
        this.tell();
      });
      transfer.state = "done";
    } catch (error) {
      transfer.state = signal.aborted ? "cancelled" : "failed";
      transfer.why = (error as Error).message;
    }
    this.running--;
    this.next();
    this.tell();
  }

  private tell(): void {
    for (const changed of this.listeners) changed();
  }
}
