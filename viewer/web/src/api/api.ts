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

  /** Gives the cookie back. */
  async leave(): Promise<void> {
    await this.post("/api/leave", {});
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

function texts(list: unknown): string[] {
  return Array.isArray(list) ? list.filter((one) => typeof one === "string") : [];
}
