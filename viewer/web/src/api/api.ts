/** What the page asks of a host beside its link: entering, apps, links for other devices. */

import type { Role } from "../protocol/types";
import { ask, HostError } from "./http";

export { HostError };

export interface App {
  id: string;
  name: string;
  comment: string;
  /** A whole address, or null. */
  icon: string | null;
  categories: string[];
  /** Other words by which people may look for it. */
  keywords: string[];
}

/** What became of an app that was started. */
export interface Fate {
  running: boolean;
  /** Whether it ended as it meant to. */
  well: boolean;
  /** How it ended, for people. */
  status: string;
  /** The last lines that it printed. */
  output: string[];
}

/** Somebody who is here. */
export interface Present {
  id: string;
  /** Where from: host and port. */
  address: string;
  role: Role;
  /** Whether it is this browser. */
  own: boolean;
  /** Whether the apps hear its keys and pointer. */
  seat: boolean;
  /** When it came, in milliseconds since 1970. */
  since: number;
}

/** A link by which somebody can join, or has. */
export interface OpenLink {
  id: string;
  kind: "browser" | "native";
  role: Role;
  /** Whether it is the session owner's own. */
  owner: boolean;
  /** Whether this browser came by it. */
  own: boolean;
  /** When it ends, in milliseconds since 1970; null where that is not known. */
  expires: number | null;
  /** Whether somebody came by it. */
  used: boolean;
  /** How many are here by it. */
  here: number;
}

/** How long the host may take to answer, in milliseconds. */
const TIMEOUT = 10_000;

/** One host's API. */
export class Api {
  /** `origin`: scheme, name and port of the host's page. */
  constructor(readonly origin: string) {}

  /** Exchanges the ticket of the address for a cookie; works once. */
  async enter(ticket: string): Promise<void> {
    await this.post("/api/enter", { ticket });
  }

  /**
   * The apps of the session, by name, as people of a language call and sort them. What does not look like an
   * app is left out.
   */
  async apps(language = "en"): Promise<App[]> {
    const answer = await ask(this.origin, "/api/apps", { method: "GET", language, timeout: TIMEOUT });
    const list = Array.isArray(answer) ? answer.flatMap((value) => this.app(value)) : [];
    const order = new Intl.Collator(language, { sensitivity: "base", numeric: true });
    return list.sort((a, b) => order.compare(a.name, b.name));
  }

  /** Starts an app; answers its process, if the host tells. */
  async startApp(id: string): Promise<number | null> {
    return processOf(await this.post(`/api/apps/${encodeURIComponent(id)}`, {}));
  }

  async run(command: string): Promise<number | null> {
    return processOf(await this.post("/api/run", { command }));
  }

  /** What became of an app: answers when it has ended, or after some seconds that it is running. */
  async fate(pid: number): Promise<Fate> {
    const answer = await ask(this.origin, `/api/started/${pid}`, { method: "GET", timeout: TIMEOUT });
    const { running, well, status, output } = (answer ?? {}) as Record<string, unknown>;
    return {
      running: running === true,
      well: well !== false,
      status: typeof status === "string" ? status : "",
      output: texts(output),
    };
  }

  /** A link for another device. */
  async share(role: Role): Promise<string> {
    const answer = (await this.post("/api/links", { role })) as { browser?: unknown } | null;
    if (typeof answer?.browser !== "string") throw new HostError(200, "form", "the host gave no link");
    return answer.browser;
  }

  /** Who is here; only owners are told. */
  async viewers(): Promise<Present[]> {
    return list(await this.get("/api/viewers")).flatMap(({ id, address, role, own, seat, since }) => {
      if (typeof id !== "string" || typeof address !== "string") return [];
      const known = { id, address, role: roleOf(role), own: own === true, seat: seat === true };
      return [{ ...known, since: milliseconds(since) ?? 0 }];
    });
  }

  /** Throws somebody out; answers whether they can come back by the same link. */
  async throwOut(id: string): Promise<boolean> {
    const gone = list(await this.remove(`/api/viewers/${encodeURIComponent(id)}`));
    return gone.some(({ mayReturn }) => mayReturn === true);
  }

  /** The links by which somebody can join, or has; only owners are told. */
  async links(): Promise<OpenLink[]> {
    return list(await this.get("/api/links")).flatMap((link) => {
      const { id, kind, role, owner, own, expires, used, here } = link;
      if (typeof id !== "string") return [];
      return [
        {
          ...{ id, kind: kind === "native" ? "native" : "browser", role: roleOf(role) },
          ...{ owner: owner === true, own: own === true, used: used === true },
          ...{ expires: milliseconds(expires), here: typeof here === "number" ? here : 0 },
        } as const,
      ];
    });
  }

  /** Ends a link, for everybody who came by it. */
  async revoke(id: string): Promise<void> {
    await this.remove(`/api/links/${encodeURIComponent(id)}`);
  }

  /** Gives the cookie back. */
  async leave(): Promise<void> {
    await this.post("/api/leave", {});
  }

  private get(path: string): Promise<unknown> {
    return ask(this.origin, path, { method: "GET", timeout: TIMEOUT });
  }

  private remove(path: string): Promise<unknown> {
    return ask(this.origin, path, { method: "DELETE", timeout: TIMEOUT });
  }

  private post(path: string, body: object): Promise<unknown> {
    return ask(this.origin, path, { method: "POST", body, timeout: TIMEOUT });
  }

  private app(value: unknown): App[] {
    const { id, name, comment, icon, categories, keywords } = (value ?? {}) as Record<string, unknown>;
    if (typeof id !== "string" || typeof name !== "string") return [];
    return [
      {
        id,
        name,
        comment: typeof comment === "string" ? comment : "",
        icon: typeof icon === "string" ? this.whole(icon) : null,
        categories: texts(categories),
        keywords: texts(keywords),
      },
    ];
  }

  /**
   * Windows that were popped out have no address of their own to begin from, and the page may be another
   * host's.
   */
  private whole(address: string): string | null {
    try {
      return new URL(address, this.origin).href;
    } catch {
      return null;
    }
  }
}

function processOf(answer: unknown): number | null {
  const { pid } = (answer ?? {}) as { pid?: unknown };
  return typeof pid === "number" ? pid : null;
}

function list(answer: unknown): Record<string, unknown>[] {
  return Array.isArray(answer) ? answer.filter((one) => typeof one === "object" && one !== null) : [];
}

function roleOf(value: unknown): Role {
  return value === "control" ? "control" : "view";
}

/** A time that the host tells in seconds. */
function milliseconds(value: unknown): number | null {
  return typeof value === "number" ? value * 1000 : null;
}

function texts(list: unknown): string[] {
  return Array.isArray(list) ? list.filter((one) => typeof one === "string") : [];
}
