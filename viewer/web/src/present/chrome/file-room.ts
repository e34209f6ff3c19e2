/**
 * Files of the sessions on the page: the panel, which is loaded when it is first wanted, and what people
 * drop.
 */

import type { Session } from "../../page/session";
import type { SessionId } from "../../page/window-key";
import { fill, texts } from "../../language";
import type { Transfer, Transfers } from "../files/transfers";
import { Files } from "../../api/files";

interface Room {
  files: Files;
  transfers: Transfers;
}

/** What is under a point of the page. */
export interface Under {
  session: Session;
  /** Where in which of its tracks; null over none. */
  place: { track: number; x: number; y: number } | null;
}

export class FileRoom {
  private readonly rooms = new Map<SessionId, Room>();

  constructor(
    private readonly parent: HTMLElement,
    private readonly closed: () => void,
  ) {}

  /** Opens the panel of a session's files. */
  async open(session: Session): Promise<void> {
    try {
      const load = () => Promise.all([import("../files/panel"), this.of(session)]);
      // A change of networks ends requests that are under way.
      const [{ openFiles }, { files, transfers }] = await load().catch(load);
      openFiles(this.parent, files, transfers, this.closed);
    } catch {
      session.notices.say(texts.files.notLoaded);
    }
  }

  /** Takes files that are dropped anywhere on a page: a browser would leave the page for them. */
  takeDrops(owner: Document, under: (at: { x: number; y: number }) => Under | undefined): void {
    const brings = ({ dataTransfer }: DragEvent) => dataTransfer?.types.includes("Files") === true;
    owner.addEventListener("dragover", (event) => {
      if (!brings(event) || event.dataTransfer === null) return;
      event.preventDefault();
      const may = under({ x: event.clientX, y: event.clientY })?.session.role === "control";
      event.dataTransfer.dropEffect = may ? "copy" : "none";
    });
    owner.addEventListener("drop", (event) => {
      if (!brings(event) || event.dataTransfer === null) return;
      event.preventDefault();
      const taker = under({ x: event.clientX, y: event.clientY });
      if (taker?.session.role === "control") void this.bring(taker, event.dataTransfer);
      else taker?.session.notices.say(texts.files.viewOnly);
    });
  }

  private async bring({ session, place }: Under, data: DataTransfer): Promise<void> {
    const { notices } = session;
    // Only now does the browser tell.
    const entries = [...data.items].flatMap((item) => item.webkitGetAsEntry() ?? []);
    try {
      const load = () => Promise.all([import("../files/dropped"), this.of(session)]);
      const [{ filesOf }, { files, transfers }] = await load().catch(load);
      const chosen = await filesOf(entries);
      if (chosen.length === 0) return;
      notices.say(fill(texts.files.bringing, { n: chosen.length }));
      const all = await transfers.bring(chosen);
      const arrived = all.filter(({ state }) => state === "done");
      const failed = all.filter(({ state }) => state === "failed");
      if (arrived.length > 0 && place !== null) await files.drop(place, tops(arrived)).catch(() => {});
      if (arrived.length > 0) notices.say(fill(texts.files.brought, { n: arrived.length }));
      if (failed.length > 0) {
        const reason = failed[0]?.why ?? "";
        notices.say(fill(texts.files.someFailed, { n: failed.length, reason }));
      }
    } catch {
      notices.say(texts.files.notLoaded);
    }
  }

  private async of({ id, api }: Session): Promise<Room> {
    const { Transfers } = await import("../files/transfers");
    const known = this.rooms.get(id);
    if (known !== undefined) return known;
    const files = new Files(api.origin);
    const room = { files, transfers: new Transfers(files) };
    this.rooms.set(id, room);
    return room;
  }
}

/** The paths of files, and of folders what is dropped is in: each once. */
function tops(arrived: readonly Transfer[]): string[][] {
  return [...new Set(arrived.flatMap(({ path: [top] }) => top ?? []))].map((top) => [top]);
}
