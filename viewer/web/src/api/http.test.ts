import { afterEach, expect, test, vi } from "vitest";

import { Api } from "./api";
import { ask, HostError } from "./http";

interface Asked {
  url: string;
  method: string | undefined;
  body: unknown;
}

/** Each request gets the next of these answers; an error means that the host cannot be reached. */
function host(...answers: (Response | Error)[]): Asked[] {
  const asked: Asked[] = [];
  vi.stubGlobal("fetch", async (url: string, { method, body }: RequestInit) => {
    asked.push({ url, method, body });
    const answer = answers.shift() ?? new Error("nobody answers");
    if (answer instanceof Error) throw answer;
    return answer;
  });
  return asked;
}

afterEach(() => vi.unstubAllGlobals());

const GET = { method: "GET", timeout: 1_000 } as const;
const POST = { method: "POST", timeout: 1_000 } as const;
const problem = (status: number, body: object) => new Response(JSON.stringify(body), { status });

test("each API asks its own host", async () => {
  const asked = host(Response.json([]), Response.json([]), Response.json({ browser: "https://b/#ticket=x" }));
  await new Api("https://a.example").apps();
  await new Api("https://b.example").apps();
  await new Api("https://b.example").share("view");
  expect(asked.map(({ url }) => url)).toEqual([
    "https://a.example/api/apps",
    "https://b.example/api/apps",
    "https://b.example/api/links",
  ]);
});

test("icons of apps are whole addresses of their host", async () => {
  const app = (icon: string) => ({ id: icon, name: icon, comment: "", icon, categories: [] });
  host(Response.json([app("/icons/1"), app("https://"), { id: 1 }]));
  const apps = await new Api("https://a.example").apps();
  expect(apps.map(({ icon }) => icon).sort()).toEqual(["https://a.example/icons/1", null]);
});

test("what only reads is asked once more, what acts is not", async () => {
  const read = host(new Error("the network changed"), Response.json({ fine: true }));
  expect(await ask("https://a", "/api/apps", GET)).toEqual({ fine: true });
  expect(read).toHaveLength(2);
  const act = host(new Error("the network changed"), Response.json({}));
  await expect(ask("https://a", "/api/run", POST)).rejects.toMatchObject({ status: 0, code: "unreachable" });
  expect(act).toHaveLength(1);
});

test("a refusal has the host's own words, or says at least its status", async () => {
  host(
    problem(403, { code: "used", message: "this link was used" }),
    new Response("<html>", { status: 502 }),
  );
  const refused = await ask("https://a", "/api/enter", POST).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(HostError);
  expect(refused).toMatchObject({ status: 403, code: "used", message: "this link was used" });
  const failed = ask("https://a", "/api/enter", POST);
  await expect(failed).rejects.toMatchObject({ status: 502, code: "http", message: "the host answers 502" });
});
