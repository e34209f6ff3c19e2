/** The page's handle to the engine. */

import workerUrl from "./worker?worker&url";

import { openPeer, type PeerWanted } from "./peer";
import type { Command, Event } from "./vocabulary";

/** The engine in its worker. */
export class Client {
  private readonly worker: Worker;

  /** `handler` hears everything the engine tells. `relay`: WebRTC goes through a relay or not at all. */
  constructor(handler: (event: Event) => void, { relay }: { relay: boolean }) {
    this.worker = new Worker(trusted(workerUrl) as string, { type: "module", name: "engine" });
    this.worker.addEventListener("message", ({ data }: MessageEvent<Event | PeerWanted>) => {
      // Peer connections live on the page; the page knows nothing of them.
      if (data.on === "peer-wanted") void openPeer(data.request, this.worker, relay);
      else handler(data);
    });
    this.worker.addEventListener("error", ({ message }) => {
      // What an engine throws leaves it in an unknown state: better to say so than to show old pictures for
      // ever.
      handler({
        on: "state",
        state: { is: "ended", why: "failed", message: `the viewer failed: ${message}` },
      });
    });
    addEventListener("online", () => this.wake());
    addEventListener("pageshow", () => this.wake());
    const looked = () => {
      const on = document.visibilityState === "visible";
      this.send({ do: "looked-at", on });
      return on;
    };
    document.addEventListener("visibilitychange", () => looked() && this.wake());
    looked();
  }

  /** Tells the engine something; `transfer` lists what moves there, such as canvases. */
  send(command: Command, transfer: Transferable[] = []): void {
    this.worker.postMessage(command, transfer);
  }

  private wake(): void {
    this.send({ do: "network-changed" });
  }
}

/**
 * The page demands that scripts come from addresses that somebody vouches for: this one is our own, known
 * when it was built.
 */
function trusted(url: string): unknown {
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };
  return (
    trustedTypes?.createPolicy("dormer-engine", { createScriptURL: (it) => it }).createScriptURL(url) ?? url
  );
}

/** As much of the standard as is used here; TypeScript does not know it yet. */
interface TrustedTypes {
  createPolicy(
    name: string,
    rules: { createScriptURL(url: string): string },
  ): { createScriptURL(url: string): unknown };
}
