/** A small client of the WebDriver protocol (W3C WebDriver, Level 2). */

import { pause } from "../wait";

interface Answer {
  value: unknown;
}

interface Failure {
  error: string;
  message: string;
}

export class WebDriverSession {
  private constructor(
    private readonly base: string,
    private readonly id: string,
  ) {}

  /** Asks the driver at `base` for a browser. */
  static async create(base: string, capabilities: object): Promise<WebDriverSession> {
    const body = { capabilities: { alwaysMatch: capabilities } };
    const answer = (await request("POST", `${base}/session`, body)) as { sessionId: string };
    return new WebDriverSession(base, answer.sessionId);
  }

  post(path: string, body: object = {}): Promise<unknown> {
    return request("POST", `${this.base}/session/${this.id}${path}`, body);
  }

  get(path: string): Promise<unknown> {
    return request("GET", `${this.base}/session/${this.id}${path}`);
  }

  delete(path = ""): Promise<unknown> {
    return request("DELETE", `${this.base}/session/${this.id}${path}`);
  }
}

async function request(method: string, url: string, body?: object): Promise<unknown> {
  const text = body === undefined ? null : JSON.stringify(body);
  const response = await fetch(url, { method, body: text });
  const { value } = (await response.json()) as Answer;
  if (!response.ok) {
    const { error, message } = value as Failure;
    throw new Error(`${method} ${new URL(url).pathname.split("/").slice(3).join("/")}: ${error}: ${message}`);
  }
  return value;
}

/** Waits until a driver listens. */
export async function listens(base: string, patience: number): Promise<void> {
  const deadline = Date.now() + patience;
  for (;;) {
    try {
      await fetch(`${base}/status`);
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await pause(40);
    }
  }
}
