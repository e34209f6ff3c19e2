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

  /** The apps of the session, by name. What does not look like an app is left out. */
  async apps(): Promise<App[]> {
    const answer = await ask(this.origin, "/api/apps", { method: "GET", timeout: TIMEOUT });
    const list = Array.isArray(answer) ? answer.flatMap((value) => this.app(value)) : [];
    return list.sort((a, b) => a.name.localeCompare(b.name));
  }

  async startApp(id: string): Promise<void> {
    await this.post(`/api/apps/${encodeURIComponent(id)}`, {});
  }

  async run(command: string): Promise<void> {
    await this.post("/api/run", { command });
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
    const { id, name, comment, icon, categories } = (value ?? {}) as Record<string, unknown>;
    if (typeof id !== "string" || typeof name !== "string") return [];
    return [
      {
        id,
        name,
        comment: typeof comment === "string" ? comment : "",
        icon: typeof icon === "string" ? this.whole(icon) : null,
        categories: Array.isArray(categories) ? categories.filter((one) => typeof one === "string") : [],
      },
    ];
  }

  /** Windows that were popped out have no address of their own to begin from, and the page may be another host's. */
  private whole(address: string): string | null {
    try {
      return new URL(address, this.origin).href;
    } catch {
      return null;
    }
  }
}
