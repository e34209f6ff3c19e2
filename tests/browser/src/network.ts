/**
 * A network between browsers and one host that can be cut or made long and lossy: `dormer-network` runs the
 * host in a network namespace behind a router of its own. Nothing in this machine's own network changes but
 * for one interface.
 */

import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { promisify } from "node:util";
import { Child } from "./child";
import { lacking, ours } from "./programs";
import { until } from "./wait";

/** What the way is like, each way. */
export interface Shape {
  /** The time there and back, in milliseconds. */
  roundTrip: number;
  /** The share of packets that are lost, 0 to 1. */
  loss: number;
  /** Bits per second; 0: no limit. */
  rate: number;
}

/** Why there can be no such network here, or null. */
export function networkHindrance(): string | null {
  if (process.getuid?.() !== 0) return "network namespaces need root";
  const missing = lacking("ip", "iptables", "nsenter");
  return missing.length === 0 ? null : `${missing.join(" and ")} not installed`;
}

/** Stands for the host's address in the words of its command. */
export const ADDRESS = "{address}";

const run = promisify(execFile);

/** Where the tools of networks are, too. */
const TOOLS = { PATH: `${process.env.PATH}:/usr/sbin:/sbin` };

/** A command that runs on the far side of a network. */
export class Network {
  private constructor(readonly child: Child) {}

  /** `words` may name `ADDRESS`. Both end together. */
  static start(words: string[], env: NodeJS.ProcessEnv, directory: string): Network {
    const tools = { ...env, ...TOOLS };
    return new Network(
      Child.start("host", ours("dormer-network"), ["--", ...words], { env: tools, directory, orders: true }),
    );
  }

  /** Packets vanish both ways until `join`. */
  async cut(): Promise<void> {
    await this.order("cut");
  }

  async join(): Promise<void> {
    await this.order("join");
  }

  async shape({ roundTrip, rate, loss }: Shape): Promise<void> {
    await this.order(`shape ${roundTrip / 2}ms ${rate} ${loss}`);
  }

  /**
   * This machine has another address from now on, and not the one it had: as a phone that leaves a Wi-Fi for
   * another network.
   */
  async move(): Promise<void> {
    const { pid } = this.child;
    const [wire, router] = [`dn${pid}`, `dormer-router-${pid}`];
    const { stdout } = await run("ip", ["-4", "-o", "addr", "show", "dev", wire], { env: TOOLS });
    const [, start = "", last = ""] = /inet (\d+\.\d+\.\d+\.)(\d+)\/30/.exec(stdout) ?? [];
    const [, far = ""] = /"address":"([\d.]+)"/.exec(this.child.log) ?? [];
    // The range of a network has room for another one: see `tests/src/network/space.rs`.
    const at = (offset: number) => `${start}${Number(last) + offset}`;
    const steps = [
      `-n ${router} addr add ${at(9)}/30 dev drn${pid}`,
      `addr add ${at(8)}/30 dev ${wire}`,
      `route replace ${far}/32 via ${at(9)} dev ${wire} src ${at(8)}`,
      `addr del ${at(0)}/30 dev ${wire}`,
    ];
    for (const step of steps) await run("ip", step.split(" "), { env: TOOLS });
  }

  /** Ends it with its command, and waits until this machine's own network has forgotten it. */
  async stop(): Promise<void> {
    const wire = `/sys/class/net/dn${this.child.pid}`;
    await this.child.stop();
    await until("the end of the network", () => !existsSync(wire));
  }

  private async order(line: string): Promise<void> {
    const answers = () => this.child.log.match(/^\{"(ok|error)":.*$/gm) ?? [];
    const before = answers().length;
    this.child.tell(line);
    const answer = await until(`the network's answer to '${line}'`, () => answers()[before]);
    if (!answer.includes("ok")) throw new Error(answer);
  }
}
