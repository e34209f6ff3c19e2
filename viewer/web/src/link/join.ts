/** The right to join, asked for anew before each link. */

import type { IceServer, Join } from "./link";
import type { Sought } from "./watch";

/** The host does not let this page in, and trying again is of no use. */
export class NotLetIn extends Error {}

/** How long the host may take to answer, in milliseconds. */
const JOIN_TIMEOUT = 4_000;

/**
 * Asks the host that served the page. Rejects with `NotLetIn`, or with another error if it may work later.
 */
export async function askToJoin(origin: string): Promise<Join> {
  const signal = AbortSignal.timeout(JOIN_TIMEOUT);
  let response: Response;
  try {
    response = await fetch(`${origin}/api/join`, { method: "POST", signal });
  } catch {
    throw new Error("the host cannot be reached");
  }
  if (response.ok) return checked(await response.json());
  const message = await sentence(response);
  if (response.status === 401 || response.status === 403) throw new NotLetIn(message);
  throw new Error(message);
}

/** How long the host may take to answer when it is sought, in milliseconds. */
const SEEK_TIMEOUT = 2_000;

/**
 * Looks whether the host is there: the same process of it, since another knows nothing of its links. What
 * else may answer in its place is a proxy whose host is gone, a network that wants a login first, or a host
 * that was started anew.
 */
export async function seek(origin: string, instance: string): Promise<Sought> {
  const signal = AbortSignal.timeout(SEEK_TIMEOUT);
  try {
    const response = await fetch(`${origin}/api/alive`, { cache: "no-store", redirect: "error", signal });
    const answer = (await response.json()) as { instance?: unknown } | null;
    return answer?.instance === instance ? "there" : "gone";
  } catch {
    return signal.aborted ? "nothing" : "gone";
  }
}

/** What the host says is wrong. */
async function sentence(response: Response): Promise<string> {
  try {
    const { message } = (await response.json()) as { message?: unknown };
    if (typeof message === "string") return message;
  } catch {
    // A proxy's page, or nothing.
  }
  return `the host answers ${response.status}`;
}

/**
 * The host served this page, so it is trusted with its form; what is missing would only be an obscure error
 * later.
 */
function checked(answer: unknown): Join {
  const join = answer as Partial<Join> | null;
  const texts = [join?.ticket, join?.instance, join?.websocket?.url];
  if (join === null || texts.some((text) => typeof text !== "string")) throw new Error(OBSCURE);
  const webrtc = join.webrtc == null ? null : { iceServers: relays(join.webrtc.iceServers) };
  return { webtransport: null, ...join, webrtc } as Join;
}

const OBSCURE = "the host's answer cannot be understood: reload the page";

/** Only what belongs there: browsers refuse to make any connection otherwise. */
function relays(servers: unknown): IceServer[] {
  if (!Array.isArray(servers)) throw new Error(OBSCURE);
  return servers.map((server: Partial<IceServer> | null) => {
    const { urls, username, credential } = server ?? {};
    const are = Array.isArray(urls) && urls.length > 0 && urls.every((url) => /^turns?:[^/]/.test(url));
    if (!are || typeof username !== "string" || typeof credential !== "string") throw new Error(OBSCURE);
    return { urls, username, credential };
  });
}
