/** Coming in and going out: what the address says, and what people read when they cannot come in. */

import { fill, texts } from "../../language";
import type { Transport } from "../../link/link";
import type { Attempt, State } from "../../link/vocabulary";
import type { EntryScreen, Retry } from "./entry-screen";
import type { Api, HostError } from "../../api/api";
import { badLink } from "./bad-link";
import { transportName } from "../panel/panel";

/** What stands behind the `#` of the page's address. */
export interface Fragment {
  ticket: string | null;
  /** Show only the windows of this app, or this track. */
  window: string | null;
  /** Try only these transports. */
  only: Transport[] | null;
  /** Try nothing but WebRTC through a relay: for people who set up a TURN server. */
  relay: boolean;
  language: string | null;
  /** Open the page to tests and benchmarks. */
  probe: boolean;
}

const TRANSPORTS: readonly Transport[] = ["webtransport", "webrtc", "websocket"];

export function readFragment(hash: string): Fragment {
  const fields = new URLSearchParams(hash.replace(/^#/, ""));
  const given = (name: string) => fields.get(name) || null;
  const wanted = given("only")?.split(",") ?? [];
  const relay = fields.has("relay");
  const only = relay ? ["webrtc" as const] : TRANSPORTS.filter((transport) => wanted.includes(transport));
  return {
    ticket: given("ticket"),
    window: given("window"),
    only: only.length > 0 ? only : null,
    relay,
    language: given("lang"),
    probe: fields.has("probe"),
  };
}

export class Entry {
  /** Whether the session was there once: then a refusal means that a right has run out. */
  private wasOnline = false;

  constructor(
    private readonly screen: EntryScreen,
    private readonly api: Pick<Api, "enter" | "apps">,
  ) {}

  /** Whether this browser has what the page needs; says so if not. */
  isAble(): boolean {
    const able =
      typeof Worker === "function" &&
      typeof OffscreenCanvas === "function" &&
      "transferControlToOffscreen" in HTMLCanvasElement.prototype &&
      typeof WebAssembly === "object";
    const { oldTitle, old } = texts.entering;
    if (!able) this.screen.stop(oldTitle, old, "", null);
    return able;
  }

  /** Exchanges the ticket; false if that failed, which is then on the screen. */
  async enter(ticket: string): Promise<boolean> {
    try {
      await this.api.enter(ticket);
      return true;
    } catch (error) {
      const refused = error as HostError;
      // A link that was used by this very browser, out of its history: what it has of the session may still
      // be good.
      if (refused.status === 403 && (await this.known())) return true;
      this.explain(refused, true);
      return false;
    }
  }

  /** The session is there. */
  entered(): void {
    this.wasOnline = true;
    this.screen.hide();
  }

  /** Which transports are being tried. */
  trying(tried: readonly Attempt[]): void {
    const newest = tried.at(-1);
    const { connecting, trying } = texts.entering;
    this.screen.wait(
      newest === undefined ? connecting : fill(trying, { transport: transportName(newest.transport) }),
    );
  }

  async ended({ why, message }: Extract<State, { is: "ended" }>): Promise<void> {
    const { entering } = texts;
    if (why === "left") return this.screen.stop(entering.leftTitle, entering.left, "", null, true);
    if (why === "removed") return this.screen.stop(entering.removedTitle, entering.removed, "", null, true);
    if (why === "session-over")
      return this.screen.stop(entering.overTitle, entering.over, message, again(), true);
    // Why it failed matters to people: a right that ran out is mended otherwise than a cable.
    try {
      await this.api.apps();
      this.screen.stop(entering.failedTitle, "", message, again());
    } catch (error) {
      this.explain(error as HostError, false, message);
    }
  }

  private async known(): Promise<boolean> {
    return this.api.apps().then(
      () => true,
      () => false,
    );
  }

  private explain(error: HostError, hadTicket: boolean, detail = error.message): void {
    const { status, reason } = error;
    const { entering } = texts;
    const stop = (title: string, text: string) => this.screen.stop(title, text, detail, again());
    // What the host adds says the same once more, and in English.
    const bar = (title: string, text: string) => this.screen.stop(title, text, "", null, true);
    if (status === 0) return stop(entering.unreachableTitle, entering.unreachable);
    if (status === 429) return stop(entering.busyTitle, entering.busy);
    const barred = status === 401 || status === 403;
    if (status === 403 && hadTicket) return this.refuse(error);
    if (reason === "removed") return bar(entering.removedTitle, entering.removed);
    if (barred && (this.wasOnline || reason === "over")) return bar(entering.expiredTitle, entering.expired);
    if (barred) return bar(entering.noLinkTitle, entering.noLink);
    stop(entering.failedTitle, "");
  }

  /** The host did not take the link. */
  private refuse({ code, message, reason }: HostError): void {
    const { usedTitle, used, bad, failedTitle } = texts.entering;
    const kind = badLink({ code, reason });
    if (kind !== null) return this.screen.stop(usedTitle, bad[kind], "", null, true);
    if (code === "ticket-invalid") return this.screen.stop(usedTitle, used, message, null, true);
    this.screen.stop(failedTitle, "", message, again());
  }
}

function again(): Retry {
  return { label: texts.entering.again, go: () => location.reload() };
}
