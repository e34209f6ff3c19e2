/** How hosts are asked over HTTP, by the page and by the engine. */

/** The host refused, or did not answer. */
export class HostError extends Error {
  constructor(
    /** HTTP status, 0 if the host cannot be reached. */
    readonly status: number,
    /** The reason for programs, as in the host's answer. */
    readonly code: string,
    message: string,
    /** Which of several cases of the code it is, if the host tells. */
    readonly reason = "",
  ) {
    super(message);
  }
}

export interface Request {
  method: "GET" | "POST" | "DELETE" | "PATCH";
  /** Sent as JSON. */
  body?: object;
  /** Sent as they are. */
  bytes?: ArrayBuffer;
  headers?: Record<string, string>;
  /** Ends it early. */
  signal?: AbortSignal;
  /** In which language texts are wanted, as in HTML. */
  language?: string;
  /** How long the host may take to answer, in milliseconds. */
  timeout: number;
}

/** The host's answer, read as JSON; null if it has no content. Rejects with `HostError`. */
export async function ask(origin: string, path: string, request: Request): Promise<unknown> {
  const send = () => fetch(`${origin}${path}`, init(request));
  // A change of networks ends requests that are under way: what only reads is asked once more.
  const response = await send()
    .catch((error: unknown) => (request.method === "GET" ? send() : Promise.reject(error)))
    .catch((error: unknown) => {
      if (request.signal?.aborted) throw error;
      throw new HostError(0, "unreachable", "the host cannot be reached");
    });
  if (response.status === 204) return null;
  const answer: unknown = await response.json().catch(() => null);
  if (response.ok) return answer;
  const { code, message, reason } = (answer ?? {}) as Record<string, unknown>;
  throw new HostError(
    response.status,
    typeof code === "string" ? code : "http",
    typeof message === "string" ? message : `the host answers ${response.status}`,
    typeof reason === "string" ? reason : "",
  );
}

function init({ method, body, bytes, headers, language, timeout, signal }: Request): RequestInit {
  return {
    method,
    signal: signal === undefined ? AbortSignal.timeout(timeout) : within(timeout, signal),
    headers: {
      ...headers,
      ...(language !== undefined && { "Accept-Language": language }),
      ...(body !== undefined && { "Content-Type": "application/json" }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    ...(bytes !== undefined && { body: bytes }),
  };
}

/** Not every browser knows how to unite signals. */
function within(timeout: number, signal: AbortSignal): AbortSignal {
  const both = new AbortController();
  const end = (): void => both.abort();
  const timer = setTimeout(end, timeout);
  if (signal.aborted) end();
  signal.addEventListener("abort", end, { once: true });
  both.signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
  return both.signal;
}
