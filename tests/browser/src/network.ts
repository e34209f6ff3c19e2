/**
 * A network of our own between browsers and one host: the host lives in a network namespace, reached through another one
 * that is the router, where the way can be cut or made long and lossy. Nothing in the machine's own namespace changes but
 * one interface and one route, which end with the namespaces.
 */

import { execFileSync } from "node:child_process";
import { Child } from "./child";
import { installed, ours } from "./programs";
import { until } from "./wait";

/** What the way is like, each way. */
export interface Shape {
  /** The time there and back, in milliseconds. */
  roundTrip: number;
  /** The share of packets that are lost, 0 to 1. */
  loss: number;
  /** Bits per second. */
  rate: number;
}

let count = 0;

export class Network {
  private readonly router: string;
  private readonly host: string;
  private shaper: Child | null = null;

  private constructor(private readonly number: number) {
    const name = `dormer-${process.pid}-${number}`;
    this.router = `${name}-r`;
    this.host = `${name}-h`;
  }

  /** Why there can be no such network here, or null. */
  static get hindrance(): string | null {
    if (process.getuid?.() !== 0) return "network namespaces need root";
    const missing = ["ip", "iptables"].filter((program) => installed(program) === null);
    if (missing.length > 0) return `${missing.join(" and ")} not installed`;
    try {
      const probe = `dormer-probe-${process.pid}`;
      ip("netns", "add", probe);
      ip("netns", "delete", probe);
      return null;
    } catch {
      return "this machine allows no network namespaces";
    }
  }

  static create(): Network {
    const network = new Network(count++);
    try {
      network.build();
    } catch (error) {
      network.remove();
      throw error;
    }
    return network;
  }

  /** Where the host binds. */
  get hostAddress(): string {
    return this.address(6);
  }

  /** What runs a command as the host's machine. */
  get enterHost(): string[] {
    return enter(this.host);
  }

  /** Packets vanish both ways until `mend`. */
  cut(): void {
    this.filter("-I", "FORWARD", "1", "-j", "DROP");
  }

  mend(): void {
    this.filter("-D", "FORWARD", "-j", "DROP");
  }

  /** Makes the way long, lossy and narrow. `directory` takes the log of what does it. */
  async shape(shape: Shape, directory: string): Promise<void> {
    const figures = [
      "--delay",
      `${shape.roundTrip / 2}`,
      "--loss",
      `${shape.loss}`,
      "--rate",
      `${shape.rate}`,
    ];
    const [program, ...args] = [...enter(this.router), ours("dormer-bench"), "--network", ...figures];
    this.shaper = Child.start("network", program as string, args, { directory });
    await until("the shaped network", () => this.shaper?.log.includes("ready"));
    this.filter("-A", "FORWARD", "-i", this.interface("a"), "-j", "NFQUEUE", "--queue-num", "0");
    this.filter("-A", "FORWARD", "-i", this.interface("c"), "-j", "NFQUEUE", "--queue-num", "1");
  }

  async end(): Promise<void> {
    await this.shaper?.stop();
    this.remove();
  }

  private build(): void {
    ip("netns", "add", this.router);
    ip("netns", "add", this.host);
    // Browsers - b a - router - c d - host.
    this.pair("a", this.router, "b", null);
    this.pair("c", this.router, "d", this.host);
    for (const [end, at, namespace] of [
      ["b", 1, null],
      ["a", 2, this.router],
      ["c", 5, this.router],
      ["d", 6, this.host],
    ] as const) {
      const inside = namespace === null ? [] : ["-n", namespace];
      ip(...inside, "address", "add", `${this.address(at)}/30`, "dev", this.interface(end));
      ip(...inside, "link", "set", this.interface(end), "up");
    }
    ip("-n", this.host, "link", "set", "lo", "up");
    ip("-n", this.host, "route", "add", "default", "via", this.address(5));
    ip("route", "add", `${this.address(4)}/30`, "via", this.address(2));
    run([...enter(this.router), "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward"]);
  }

  private remove(): void {
    for (const namespace of [this.host, this.router]) {
      try {
        ip("netns", "delete", namespace);
      } catch {
        // It was not made.
      }
    }
  }

  private pair(near: string, namespace: string, far: string, farNamespace: string | null): void {
    const there = farNamespace === null ? [] : ["netns", farNamespace];
    const [one, other] = [this.interface(near), this.interface(far)];
    ip("link", "add", one, "netns", namespace, "type", "veth", "peer", "name", other, ...there);
  }

  private filter(...rule: string[]): void {
    run([...enter(this.router), "iptables", "-w", ...rule]);
  }

  /** At most 15 letters. */
  private interface(end: string): string {
    return `dm${process.pid}x${this.number}${end}`;
  }

  /** A corner of the addresses for benchmarks (RFC 2544) that other runs do not use. */
  private address(last: number): string {
    return `198.18.${process.pid % 256}.${this.number * 8 + last}`;
  }
}

function enter(namespace: string): string[] {
  return ["ip", "netns", "exec", namespace];
}

function ip(...args: string[]): void {
  run(["ip", ...args]);
}

function run([program, ...args]: string[]): void {
  execFileSync(program as string, args, { stdio: ["ignore", "ignore", "pipe"] });
}
