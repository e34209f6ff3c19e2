import { afterEach, expect, test, vi } from "vitest";

import { askToJoin, seek } from "../src/link/join";
import { configuration } from "../src/link/peer";

const ANSWER = {
  ticket: "ticket",
  session: "main",
  role: "control",
  instance: "0123456789abcdef",
  webtransport: null,
  webrtc: { iceServers: [] as unknown },
  websocket: { url: "wss://host/api/link" },
};
const RELAY = { urls: ["turn:turn.example.org", "turns:[::1]:443"], username: "1:main", credential: "c" };

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

/** Joins a host that answers so. */
function join(answer: unknown) {
  vi.stubGlobal("fetch", async () => Response.json(answer));
  return askToJoin("https://host");
}

test("a page learns its ticket and the ways there are", async () => {
  expect(await join(ANSWER)).toEqual(ANSWER);
  const { webtransport: _, webrtc: __, ...rest } = ANSWER;
  expect(await join(rest)).toEqual({ ...rest, webtransport: null, webrtc: null });
});

test("relays come as browsers want them, and with nothing else", async () => {
  const { webrtc } = await join({ ...ANSWER, webrtc: { iceServers: [{ ...RELAY, more: 1 }] } });
  expect(webrtc).toEqual({ iceServers: [RELAY] });
});

test("an answer that makes no sense is told from a host that says no", async () => {
  const relays = [
    undefined,
    RELAY,
    [null],
    [{ ...RELAY, urls: "turn:a" }],
    [{ ...RELAY, urls: [] }],
    [{ ...RELAY, urls: ["stun:a"] }],
    [{ ...RELAY, urls: ["turn://a"] }],
    [{ ...RELAY, urls: [5] }],
    [{ ...RELAY, username: undefined }],
    [{ ...RELAY, credential: 5 }],
  ];
  const wrong = relays.map((iceServers) => ({ ...ANSWER, webrtc: { iceServers } }));
  const { instance: _, ...nameless } = ANSWER;
  for (const answer of [null, {}, nameless, ...wrong]) {
    await expect(join(answer), JSON.stringify(answer)).rejects.toThrow("cannot be understood");
  }
});

test("only the process of the host that a page joined is there, whoever else answers", async () => {
  const sought = (answer: () => Promise<Response>) => {
    vi.stubGlobal("fetch", answer);
    return seek("https://host", "1");
  };
  expect(await sought(async () => Response.json({ instance: "1" }))).toBe("there");
  for (const other of [{ instance: "2" }, { code: "not-found", message: "" }, null, 1]) {
    expect(await sought(async () => Response.json(other)), JSON.stringify(other)).toBe("gone");
  }
  expect(await sought(async () => new Response("<title>Log in</title>"))).toBe("gone");
  expect(await sought(async () => new Response("Bad Gateway", { status: 502 }))).toBe("gone");
  expect(await sought(() => Promise.reject(new TypeError("refused")))).toBe("gone");
});

test("a host that says nothing in time is not known to be gone", async () => {
  const timeout = AbortSignal.abort();
  vi.spyOn(AbortSignal, "timeout").mockReturnValue(timeout);
  vi.stubGlobal("fetch", async () => timeout.throwIfAborted());
  expect(await seek("https://host", "1")).toBe("nothing");
});

test("only through a relay is possible only if there is one", () => {
  expect(configuration([RELAY], true)).toMatchObject({ iceServers: [RELAY], iceTransportPolicy: "relay" });
  expect(configuration([], false)).toMatchObject({ iceServers: [], iceTransportPolicy: "all" });
  expect(() => configuration([], true)).toThrow("--turn");
});
