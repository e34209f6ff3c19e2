/** Links that do what a test says. */

import { vi } from "vitest";

import type { Join, Link, LinkHandler, LinkStats, Open, Transport } from "../src/link/link";
import type { Lane } from "../src/protocol/lane";

export const JOIN: Join = {
  ticket: "ticket",
  session: "main",
  role: "control",
  instance: "0123456789abcdef",
  webtransport: null,
  webrtc: null,
  websocket: { url: "wss://host/api/link" },
};

/** A link without a host. */
export class FakeLink implements Link {
  readonly sent: [Lane, Uint8Array][] = [];
  closedWith: string | null = null;

  constructor(
    readonly transport: Transport,
    readonly handler: LinkHandler,
  ) {}

  send(lane: Lane, bytes: Uint8Array): void {
    this.sent.push([lane, bytes]);
  }

  close(reason: string): void {
    this.closedWith ??= reason;
    this.handler.closed({ kind: "left", message: reason });
  }

  networkChanged = vi.fn();
  ask = vi.fn();
  receivedBytes = 0;
  rtt: number | null = null;

  stats(): LinkStats {
    return {
      transport: this.transport,
      rtt: this.rtt,
      sentBytes: 0,
      receivedBytes: this.receivedBytes,
      queuedBytes: 0,
    };
  }
}

/** A transport that opens or fails after so many milliseconds; without a time it never answers. */
export function transport(name: Transport, after: number | null, failure?: Error) {
  const links: FakeLink[] = [];
  const open: Open = vi.fn((_join: Join, handler: LinkHandler, signal: AbortSignal) => {
    return new Promise<Link>((resolve, reject) => {
      signal.addEventListener("abort", () => reject(new Error("given up")));
      if (after === null) return;
      setTimeout(() => {
        if (failure !== undefined) return reject(failure);
        const link = new FakeLink(name, handler);
        links.push(link);
        resolve(link);
      }, after);
    });
  });
  return { open, links, opener: [name, open] satisfies [Transport, Open] };
}
