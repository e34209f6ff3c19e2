/**
 * The half of the viewer that runs in a worker: it owns the link, the core, the decoders and the pixels, and
 * talks to the page in the words of `vocabulary.ts`.
 */

import type { Zstd } from "../decode/zstd";
import type { ResumeKey, Update, VideoCodec } from "../protocol/types";
import type { Action, CoreState, Event as SessionEvent } from "../session/action";
import { Viewer } from "../session/viewer";
import type { Choice } from "./choose";
import { Figures } from "./figures";
import { Gallery } from "./gallery";
import type { Join, Link, LinkHandler, Open, Transport } from "./link";
import type { Lane } from "../protocol/lane";
import { ended, receive, transmit } from "./messages";
import { micros, order } from "./orders";
import { Presenter } from "./presenter";
import { Reconnect, type Over } from "./reconnect";
import type { Attempt, Command, Event } from "./vocabulary";
import { Watch, type Sought } from "./watch";

/** Sends an event to the page. */
export type Tell = (event: Event, transfer?: Transferable[]) => void;

/** What the engine is put together with. */
export interface Parts {
  /** Loads the decompressor. */
  zstd(): Promise<Zstd>;
  /** Whether videos can be decoded here. */
  decodesVideo(): Promise<boolean>;
  /** Asks the host for the right to join. */
  join(origin: string): Promise<Join>;
  /** Looks whether that process of the host is there. */
  seek(origin: string, instance: string): Promise<Sought>;
  /** The transports of this browser, the best first. */
  openers(decodesVideo: boolean): [Transport, Open][];
  /** What this viewer is, for people. */
  agent: string;
}

/** How long a host may take to answer the greeting, in milliseconds. */
const WELCOME_TIMEOUT = 5_000;

/** The present connection. */
interface Live {
  link: Link;
  attempts: Attempt[];
  watch: Watch;
  over: (over: Over) => void;
}

/** The engine. */
export class Engine {
  private readonly core = new Viewer();
  private readonly figures = new Figures();
  private readonly presenter = new Presenter((now, track, id) => this.core.handlePresented(now, track, id));
  private gallery: Gallery | null = null;
  private reconnect: Reconnect | null = null;
  private live: Live | null = null;
  /** Who hears of the newest link; what older ones still have to say is of no interest. */
  private listening: LinkHandler | null = null;
  /** Why the newest link ended before it was of any use. */
  private stillborn: string | null = null;
  private decodesVideo = false;
  private lookedAt = true;
  private origin = "";
  /** By what its host knows this viewer again on its next link. */
  private key: ResumeKey = new Uint8Array();
  private acting = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private reports: ReturnType<typeof setInterval> | undefined;

  constructor(
    private readonly tell: Tell,
    private readonly parts: Parts,
  ) {}

  /** Does what the page says. */
  handle(command: Command): void {
    const { core } = this;
    const now = micros();
    switch (command.do) {
      case "start":
        this.key = command.key;
        void this.start(command.origin, command.only);
        break;
      case "configure":
        core.configure(command.track, command.configure);
        break;
      case "canvas":
        // Of a window that is gone meanwhile, the canvas is of no use.
        if (core.window(command.track) === undefined) break;
        this.gallery?.moveTo(command.track, command.canvas, command.translucent);
        break;
      case "network-changed":
        this.live?.link.networkChanged();
        this.reconnect?.wake();
        break;
      case "looked-at":
        this.lookedAt = command.on;
        if (this.live !== null) this.live.watch.on = command.on;
        break;
      case "report":
        this.report(command.on);
        break;
      case "pixels": {
        const { request, track, rect } = command;
        const rgba = this.gallery?.pixels(track, rect) ?? null;
        this.tell({ on: "pixels", request, size: { w: rect.w, h: rect.h }, rgba }, rgba ? [rgba.buffer] : []);
        break;
      }
      case "leave":
        core.goodbye(now);
        this.act();
        this.reconnect?.giveUp();
        this.live?.over({ end: "left", message: "" });
        break;
      default:
        order(core, now, command);
    }
    this.act();
  }

  private async start(origin: string, only: string[] | null): Promise<void> {
    this.origin = origin;
    this.tell({ on: "state", state: { is: "connecting", tried: [] } });
    let tools: Promise<void> | null = null;
    // Loaded while the first link is being made, and again if that failed.
    const prepared = () =>
      (tools ??= this.prepare().catch((error: unknown) => {
        tools = null;
        throw error;
      }));
    prepared().catch(() => {});
    this.reconnect = new Reconnect({
      join: async () => {
        const join = await this.parts.join(origin);
        this.decodesVideo = await decodesVideo;
        return join;
      },
      openers: () => {
        const all = this.parts.openers(this.decodesVideo);
        return all.filter(([transport]) => only === null || only.includes(transport));
      },
      handler: () => this.handler(),
      live: async (join, choice) => {
        await prepared();
        return this.liveWith(join, choice);
      },
      waiting: (reason, attempt, tried) => this.waiting(reason, attempt, tried),
    });
    const decodesVideo = this.parts.decodesVideo();
    const { end, message } = await this.reconnect.run();
    this.report(false);
    this.tell({ on: "state", state: { is: "ended", why: end, message } });
  }

  /** Loads what pictures need, while the first link is being made. */
  private async prepare(): Promise<void> {
    this.gallery = new Gallery(await this.parts.zstd(), {
      applied: (update, arrived) => this.applied(update, arrived),
      broken: (reason) => this.live?.over({ broken: reason }),
      malformed: (reason) => this.live?.over(ended({ why: "protocol", reason })),
      translucent: (track) => this.tell({ on: "translucent", track }),
      changed: (track, size, exact) => this.tell({ on: "picture", track, size, exact }),
    });
  }

  /** One connection, from the greeting to its end. */
  private async liveWith(join: Join, { link, attempts }: Choice): Promise<Over> {
    if (this.stillborn !== null) return { broken: this.stillborn };
    let patience: ReturnType<typeof setTimeout> | undefined;
    const over = await new Promise<Over>((resolve) => {
      this.live = { link, attempts, over: resolve, watch: this.watch(join, link, resolve) };
      patience = setTimeout(() => {
        if (this.core.state.is !== "live") resolve({ broken: "the host does not answer the greeting" });
      }, WELCOME_TIMEOUT);
      this.gallery?.begin(link.video);
      const video: VideoCodec[] = this.decodesVideo || link.video !== undefined ? ["h264"] : [];
      const { agent } = this.parts;
      this.core.handleConnected(micros(), { ticket: join.ticket, agent, video, key: this.key });
      this.act();
    });
    clearTimeout(patience);
    this.live?.watch.end();
    this.live = null;
    this.listening = null;
    link.close("broken" in over ? over.broken : over.end === "failed" ? over.message : "");
    this.presenter.clear();
    this.core.resetLink();
    this.act();
    return over;
  }

  private watch({ instance }: Join, link: Link, over: (over: Over) => void): Watch {
    return new Watch({
      link,
      seek: () => this.parts.seek(this.origin, instance),
      silent: (silent) => this.tell({ on: "silence", silent }),
      gone: (reason) => over({ broken: reason }),
    });
  }

  private waiting(reason: string, attempt: number, tried: Attempt[]): void {
    const { is } = this.core.state;
    const met = is !== "connecting";
    this.tell({ on: "state", state: met ? { is: "reconnecting", reason, attempt } : { is, tried } });
  }

  private handler(): LinkHandler {
    this.stillborn = null;
    const handler: LinkHandler = {
      message: (lane, bytes) => {
        if (this.listening === handler) this.onMessage(lane, bytes);
      },
      closed: ({ message }) => {
        if (this.listening !== handler) return;
        if (this.live === null) this.stillborn = message;
        else this.live.over({ broken: message });
      },
    };
    this.listening = handler;
    return handler;
  }

  private onMessage(lane: Lane, bytes: Uint8Array): void {
    const over = receive(this.core, micros(), lane, bytes);
    if (over !== null) this.live?.over(over);
    this.act();
  }

  private applied(update: Update, arrived: number | null): void {
    const now = micros();
    this.figures.applied(update);
    const whole = arrived === null ? null : Math.floor(arrived * 1000);
    this.core.handleApplied(now, update.track, update.id, { whole, decoded: now });
    this.presenter.drawn(now, update.track, update.id, () => this.act());
    this.act();
  }

  /** Does what the core decided. */
  private act(): void {
    // What is drawn at once is reported to the core at once: what that causes waits for its turn.
    if (this.acting) return;
    this.acting = true;
    try {
      for (const action of this.core.drain()) this.perform(action);
    } finally {
      this.acting = false;
    }
    this.schedule();
  }

  private perform(action: Action): void {
    switch (action.do) {
      case "send":
        return this.live === null ? undefined : transmit(this.live.link, action.outbound);
      case "apply":
        return this.gallery?.apply(action.update);
      case "state":
        return this.stateChanged(action.state);
      case "tell":
        return this.tellSession(action.event);
    }
  }

  private tellSession(event: SessionEvent): void {
    if (event.on === "window-gone") {
      this.gallery?.forget(event.track);
      this.presenter.forget(event.track);
    }
    // Without a link nobody knows who has the seat: windows stay as they are.
    if (event.on !== "seat" || this.live !== null) this.tell(event);
  }

  private stateChanged(state: CoreState): void {
    const { live } = this;
    if (live === null) return;
    if (state.is === "closed") live.over(ended(state.end));
    if (state.is === "live") {
      const { role, session } = state;
      const { link, attempts, watch } = live;
      watch.on = this.lookedAt;
      this.tell({ on: "state", state: { is: "online", role, session, transport: link.transport, attempts } });
    }
  }

  private report(on: boolean): void {
    clearInterval(this.reports);
    const tell = () => {
      if (this.live === null) return;
      this.tell({ on: "report", report: this.figures.report(this.core, this.live.link.stats()) });
    };
    if (!on) return;
    this.reports = setInterval(tell, 1_000);
    tell();
  }

  private schedule(): void {
    clearTimeout(this.timer);
    const at = this.core.timeout();
    if (at === null) return;
    this.timer = setTimeout(
      () => {
        this.core.handleTimeout(micros());
        this.act();
      },
      Math.max(at - micros(), 0) / 1000,
    );
  }
}
