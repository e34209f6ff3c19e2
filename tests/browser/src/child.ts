/** Child processes that never outlive their test. */

import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { until } from "./wait";

const living = new Set<ChildProcess>();

process.on("exit", () => {
  for (const child of living) child.kill("SIGKILL");
});

/** How long a child may take to end after it was asked to. */
const POLITE = 15_000;

/** How much of a log is shown. */
const TAIL = 6000;

export interface ChildOptions {
  env?: NodeJS.ProcessEnv;
  /** Where its log is written. */
  directory: string;
  /** It takes orders on its standard input, and ends when that ends. */
  orders?: boolean;
}

/** One child, with all that it writes in a log file. */
export class Child {
  private constructor(
    readonly name: string,
    private readonly child: ChildProcess,
    private readonly logFile: string,
  ) {}

  static start(name: string, command: string, args: string[], options: ChildOptions): Child {
    const logFile = join(options.directory, `${name}.log`);
    const log = openSync(logFile, "w");
    const input = options.orders ? "pipe" : "ignore";
    const child = spawn(command, args, { env: options.env ?? process.env, stdio: [input, log, log] });
    closeSync(log);
    child.on("error", () => living.delete(child));
    child.on("exit", () => living.delete(child));
    // One that takes orders ends with its input, and first tidies up.
    if (!options.orders) living.add(child);
    return new Child(name, child, logFile);
  }

  get pid(): number {
    if (this.child.pid === undefined) throw new Error(`${this.name} does not start`);
    return this.child.pid;
  }

  get running(): boolean {
    return this.child.pid !== undefined && this.child.exitCode === null && this.child.signalCode === null;
  }

  /** All that it wrote. */
  get log(): string {
    return readFileSync(this.logFile, "utf8");
  }

  /** The end of what it wrote. */
  get logTail(): string {
    return this.log.slice(-TAIL);
  }

  /** Gives an order. */
  tell(line: string): void {
    this.child.stdin?.write(`${line}\n`);
  }

  /** Asks it to end, then makes it. */
  async stop(): Promise<void> {
    if (!this.running) return;
    if (this.child.stdin) this.child.stdin.end();
    else this.child.kill("SIGTERM");
    try {
      await until(`the end of ${this.name}`, () => !this.running, POLITE);
    } catch {
      this.child.kill("SIGKILL");
      await until(`the end of ${this.name} when killed`, () => !this.running, POLITE);
    }
  }
}
