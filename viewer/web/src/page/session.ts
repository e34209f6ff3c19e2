/**
 * One session of one host on the page. It is the border between what the host calls its tracks and what the
 * page calls its windows: commands and events above it name keys, its engine hears and tells of tracks.
 */

import type { Api } from "../api/api";
import type { Transport } from "../link/link";
import type { Command, Event } from "../link/vocabulary";
import type { Role } from "../protocol/types";
import { trackOf, windowKey, type SessionId, type WindowKey } from "./window-key";

/** The engine that keeps the link: `Client` of `link/`. */
export interface Engine {
  send(command: Command, transfer?: Transferable[]): void;
}

/** What the user is told of one session. */
export interface SessionNotices {
  /** One sentence that goes by itself. */
  say(text: string): void;
  /** A sentence that stays until `clear`. */
  keep(key: string, text: string, symbol: NoticeSymbol, action?: { label: string; run: () => void }): void;
  /** Takes a sentence back; answers whether it was there. */
  clear(key: string): boolean;
  /** Tells screen readers. */
  speak(text: string): void;
}

export type NoticeSymbol = "warning" | "offline" | "eye" | "people" | "copy";

export interface SessionParts {
  id: SessionId;
  api: Api;
  /** Makes the engine; it tells `hear` what happens. */
  connect(hear: (event: Event) => void): Engine;
  notices: SessionNotices;
}

export class Session {
  readonly id: SessionId;
  readonly api: Api;
  readonly client: Engine;
  readonly notices: SessionNotices;
  role: Role = "control";
  /** Whether this viewer holds the seat; null until the host has said. */
  seat: boolean | null = null;
  /** Whether there is a link. */
  online = false;
  /** Whether the host does not answer, though the link may still hold. */
  silent = false;
  /** The transport of the newest link. */
  transport: Transport = "webtransport";

  /** `hear` is told everything that happens, with keys. */
  constructor({ id, api, connect, notices }: SessionParts, hear: (session: Session, event: Event) => void) {
    this.id = id;
    this.api = api;
    this.notices = notices;
    this.client = connect((event) => {
      const keyed = this.keyed(event);
      hear(this, keyed);
      this.note(keyed);
    });
  }

  /** Tells the engine something about windows that are named by their keys. */
  send(command: Command, transfer: Transferable[] = []): void {
    const names = "track" in command && command.track !== null;
    this.client.send(
      names ? ({ ...command, track: trackOf(command.track as WindowKey) } as Command) : command,
      transfer,
    );
  }

  private note(event: Event): void {
    if (event.on === "seat") this.seat = event.held;
    if (event.on === "silence") this.silent = event.silent;
    if (event.on !== "state") return;
    this.silent = false;
    this.online = event.state.is === "online";
    if (event.state.is !== "online") return;
    this.role = event.state.role;
    this.transport = event.state.transport;
  }

  private keyed(event: Event): Event {
    const key = (track: number) => windowKey(this.id, track);
    const orNull = (track: number | null) => (track === null ? null : key(track));
    switch (event.on) {
      case "window": {
        const { window } = event;
        const { track, parent, icon } = window;
        return {
          ...event,
          window: { ...window, track: key(track), parent: orNull(parent), icon: orNull(icon) },
        };
      }
      case "icon":
        return { ...event, icon: { ...event.icon, id: key(event.icon.id) } };
      case "pointer-lock":
        return { ...event, track: orNull(event.track) };
      case "window-gone":
      case "bell":
      case "grabbed":
      case "text-input":
      case "picture":
      case "translucent":
        return { ...event, track: key(event.track) };
      case "state":
      case "silence":
      case "cursor":
      case "seat":
      case "drag":
      case "notice":
      case "clipboard-offered":
      case "clipboard-content":
      case "clipboard-wanted":
      case "report":
      case "pixels":
        return event;
    }
  }
}
