/** The engine with scripted links, as the page and the host meet it. */

import { afterEach, beforeEach, vi } from "vitest";

import { zstdModule } from "../build/zstd";
import { Zstd } from "../src/decode/zstd";
import { Engine } from "../src/link/engine";
import { LANE, type Lane } from "../src/protocol/lane";
import type { Command, Event, State } from "../src/link/vocabulary";
import type { Sought } from "../src/link/watch";
import type { Feedback, Input, ToHost, ToViewer, Update } from "../src/protocol/types";
import {
  decode,
  encode,
  feedback,
  input,
  toHost,
  toViewer,
  update as updateForm,
} from "../src/protocol/wire";
import { fakeCanvases } from "./canvas.fixture";
import { JOIN, transport, type FakeLink } from "./links.fixture";
import { RESUME_ID, window } from "./session.fixture";

/** To be called by every file that has stages. */
export function onFakeTime(): void {
  beforeEach(() => {
    vi.useFakeTimers();
    fakeCanvases();
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });
}

/** An engine, what the page hears of it, and the host at the other end. */
export class Stage {
  readonly events: Event[] = [];
  readonly best = transport("webtransport", 5);
  readonly other = transport("websocket", 5);
  readonly join = vi.fn(async () => JOIN);
  readonly seek = vi.fn(async (_origin: string, _instance: string) => "nothing" as Sought);
  readonly zstd = vi.fn(async () => new Zstd(new WebAssembly.Module(zstdModule())));
  readonly engine = new Engine((event) => void this.events.push(event), {
    zstd: this.zstd,
    decodesVideo: async () => true,
    join: this.join,
    seek: this.seek,
    openers: () => [this.best.opener, this.other.opener],
    agent: "test",
  });

  /** Starts, and lets the first link be made. */
  async start(only: ["websocket"] | null = null): Promise<void> {
    this.tell({ do: "start", origin: "https://host", language: "en", only, key: RESUME_ID });
    await this.pass(20);
  }

  /** Starts, and is let in with one window. */
  async online(): Promise<void> {
    await this.start();
    this.welcome();
  }

  welcome(resumed: number | null = null): void {
    this.say({ Welcome: { version: 1, session: "main", viewer: 1, role: "control", now: 0, resumed } });
    this.say({ Window: window() }, { Seat: { held: true } });
  }

  tell(command: Command): void {
    this.engine.handle(command);
  }

  /** What the host says on the newest link. */
  say(...messages: ToViewer[]): void {
    for (const message of messages) this.bytes(LANE.control, encode(toViewer, message));
  }

  draw(update: Update): void {
    this.bytes(LANE.update, encode(updateForm, update));
  }

  bytes(lane: Lane, bytes: Uint8Array): void {
    this.link.handler.message(lane, bytes);
  }

  breakLink(message = "the connection was lost"): void {
    this.link.handler.closed({ kind: "lost", message });
  }

  pass(millis: number): Promise<unknown> {
    return vi.advanceTimersByTimeAsync(millis);
  }

  /** The newest link. */
  get link(): FakeLink {
    const all = [...this.best.links, ...this.other.links];
    const link = all.findLast((it) => it.closedWith === null) ?? all.at(-1);
    if (link === undefined) throw new Error("no link was made");
    return link;
  }

  get states(): State[] {
    return this.events.flatMap((event) => (event.on === "state" ? [event.state] : []));
  }

  get state(): State | undefined {
    return this.states.at(-1);
  }

  heard<On extends Event["on"]>(on: On): Extract<Event, { on: On }>[] {
    return this.events.filter((event): event is Extract<Event, { on: On }> => event.on === on);
  }

  /** What the host heard on the control lane of a link, but for pings. */
  told(link = this.link): ToHost[] {
    const messages = link.sent.flatMap(([lane, bytes]) =>
      lane === LANE.control ? [decode(toHost, lane, bytes)] : [],
    );
    return messages.filter((message) => typeof message === "string" || !("Ping" in message));
  }

  inputs(): Input[] {
    return this.link.sent.flatMap(([lane, bytes]) =>
      lane === LANE.input ? [decode(input, lane, bytes)] : [],
    );
  }

  feedback(): Feedback[] {
    return this.link.sent.flatMap(([lane, bytes]) =>
      lane === LANE.feedback ? [decode(feedback, lane, bytes)] : [],
    );
  }
}
