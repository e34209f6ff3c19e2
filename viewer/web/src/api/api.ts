/** What the page asks of the host that served it, beside its link: entering, apps, links for others. */

import type { Role } from "../protocol/types";

export interface App {
  id: string;
  name: string;
  comment: string;
  /** An address, or null. */
  icon: string | null;
  categories: string[];
}

/** The host said no, or nothing. */
export class HostError extends Error {
  constructor(
    /** HTTP status, 0 if the host cannot be reached. */
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** How long the host may take, in milliseconds. */
const REQUEST_TIMEOUT = 10_000;

async function ask(path: string, body?: object): Promise<unknown> {
  // A change of networks ends requests that are under way: what only reads is asked once more.
  const response = await request(path, body)
    .catch((error: unknown) => (body === undefined ? request(path) : Promise.reject(error)))
    .catch(() => {
      throw new HostError(0, "unreachable", "the host cannot be reached");
    });
  if (response.status === 204) return null;
  const answer = (await response.json().catch(() => null)) as { code?: unknown; message?: unknown } | null;
  if (response.ok) return answer;
  const text = (value: unknown, or: string) => (typeof value === "string" ? value : or);
  throw new HostError(
    response.status,
    text(answer?.code, "http"),
    text(answer?.message, `the host answers ${response.status}`),
  );
}

function request(path: string, body?: object): Promise<Response> {
  const post = body !== undefined;
  return fetch(path, {
    method: post ? "POST" : "GET",
    signal: AbortSignal.timeout(REQUEST_TIMEOUT),
    ...(post && { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }),
  });
}

/** Exchanges the ticket of the address for a cookie; works once. */
export async function enter(ticket: string): Promise<void> {
  await ask("/api/enter", { ticket });
}

/** The apps of the session, by name. What does not look like an app is left out. */
export async function apps(): Promise<App[]> {
  const answer = await ask("/api/apps");
  const list = Array.isArray(answer) ? answer.flatMap(app) : [];
  return list.sort((a, b) => a.name.localeCompare(b.name));
}

function app(value: unknown): App[] {
  const { id, name, comment, icon, categories } = (value ?? {}) as Record<string, unknown>;
  if (typeof id !== "string" || typeof name !== "string") return [];
  return [
    {
      id,
      name,
      comment: typeof comment === "string" ? comment : "",
      icon: typeof icon === "string" ? icon : null,
      categories: Array.isArray(categories) ? categories.filter((one) => typeof one === "string") : [],
    },
  ];
}

export async function startApp(id: string): Promise<void> {
  await ask(`/api/apps/${encodeURIComponent(id)}`, {});
}

export async function run(command: string): Promise<void> {
  await ask("/api/run", { command });
}

/** A link for another device. */
export async function share(role: Role): Promise<string> {
  const answer = (await ask("/api/links", { role })) as { browser?: unknown } | null;
  if (typeof answer?.browser !== "string") throw new HostError(200, "form", "the host gave no link");
  return answer.browser;
}

/** Gives the cookie back. */
export async function leave(): Promise<void> {
  await ask("/api/leave", {});
}
