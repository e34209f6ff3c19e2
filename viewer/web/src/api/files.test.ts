import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { Files } from "./files";

/** A host that keeps what it is brought, over a link that breaks. */
class Host {
  kept = new Uint8Array();
  readonly asked: string[] = [];
  /** What happens to the next pieces: an error, after this much of them has come. */
  readonly troubles: ("cut" | "conflict" | "checksum" | "full")[] = [];
  arrived = false;
  cancelled = false;

  constructor(private readonly size: number) {
    vi.stubGlobal("fetch", async (url: string, init: RequestInit) =>
      this.answer(new URL(url).pathname, init),
    );
  }

  private async answer(path: string, { method, body, headers, signal }: RequestInit): Promise<Response> {
    this.asked.push(`${method} ${path}`);
    signal?.throwIfAborted();
    if (path === "/api/uploads")
      return Response.json({ id: "1", offset: 0, size: this.size }, { status: 201 });
    if (method === "DELETE") {
      this.cancelled = true;
      return new Response(null, { status: 204 });
    }
    if (method === "GET") return Response.json({ offset: this.kept.length });
    if (method === "POST") {
      this.arrived = this.kept.length === this.size;
      return Response.json({ path: ["a (1).txt"] });
    }
    const trouble = this.troubles.shift();
    if (trouble === "cut") throw new TypeError("network error");
    if (trouble === "conflict") return problem(409, "conflict", "offset");
    if (trouble === "checksum") return problem(422, "impossible", "checksum");
    if (trouble === "full") return problem(507, "disk-full", "");
    const { "Upload-Offset": offset } = headers as Record<string, string>;
    if (Number(offset) !== this.kept.length) return problem(409, "conflict", "offset");
    this.kept = new Uint8Array([...this.kept, ...new Uint8Array(body as ArrayBuffer)]);
    return Response.json({ offset: this.kept.length });
  }
}

const problem = (status: number, code: string, reason: string) =>
  Response.json({ code, reason, message: "no" }, { status });

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const CONTENT = Uint8Array.from({ length: 700_000 }, (_, n) => n % 251);

test("a file arrives whole whatever happens to the link, and nothing of it is kept twice", async () => {
  const host = new Host(CONTENT.length);
  host.troubles.push("cut", "checksum", "cut", "conflict");
  const told: number[] = [];
  const files = new Files("https://a.example");
  const signal = new AbortController().signal;
  expect(await files.bring(new Blob([CONTENT]), "a.txt", signal, (bytes) => told.push(bytes))).toEqual([
    "a (1).txt",
  ]);
  expect(Buffer.compare(host.kept, CONTENT)).toBe(0);
  expect(host.arrived && !host.cancelled).toBe(true);
  expect(told.at(-1)).toBe(CONTENT.length);
  expect(told).toEqual([...told].sort((a, b) => a - b));
});

test("a full disk ends it, and nothing of it stays", async () => {
  const host = new Host(CONTENT.length);
  host.troubles.push("full");
  const bringing = new Files("https://a.example").bring(
    new Blob([CONTENT]),
    "a.txt",
    new AbortController().signal,
    () => {},
  );
  await expect(bringing).rejects.toMatchObject({ status: 507, code: "disk-full" });
  expect(host.cancelled).toBe(true);
});

test("who cancels ends it, also while the host cannot be reached", async () => {
  const host = new Host(CONTENT.length);
  const cancel = new AbortController();
  vi.stubGlobal("fetch", async () => {
    cancel.abort();
    throw new TypeError("network error");
  });
  const bringing = new Files("https://a.example").bring(new Blob([CONTENT]), "a", cancel.signal, () => {});
  await expect(bringing).rejects.toMatchObject({ name: "AbortError" });
  expect(host.arrived).toBe(false);
});

test("every name has its address, and what is no entry is left out", async () => {
  const asked: string[] = [];
  vi.stubGlobal("fetch", async (url: string) => {
    asked.push(url);
    return Response.json({ entries: [{ name: "a", kind: "file", size: 3, modified: 2 }, { name: 4 }, null] });
  });
  const files = new Files("https://a.example");
  expect(await files.list("inbox", ["100% ü", "a/b"])).toEqual({
    entries: [{ name: "a", kind: "file", size: 3, modified: 2000 }],
    more: false,
  });
  expect(asked).toEqual(["https://a.example/api/files/inbox/100%25%20%C3%BC/a%2Fb"]);
  expect(files.address("home", ["#"])).toBe("https://a.example/api/files/home/%23");
});
