import { expect, test, vi } from "vitest";

import { Api } from "../api/api";
import type { Command } from "../link/vocabulary";
import { Session } from "../page/session";
import type { Waiting } from "./clipboard";
import { Clipboards } from "./clipboards";

function session(id: number, sent: Command[]): Session {
  const notices = { say: () => {}, keep: () => {}, clear: () => false, speak: () => {} };
  const connect = () => ({ send: (command: Command) => void sent.push(command) });
  return new Session({ id, api: new Api(`https://host${id}.example`), connect, notices }, () => {});
}

/** What a paste of a text brings. */
const pasted = (text: string) => ({
  getData: () => text,
  files: [] as unknown as FileList,
});

test("a paste is offered to the session whose window has the keyboard, and to no other", () => {
  const sent: [Command[], Command[]] = [[], []];
  const [a, b] = [session(0, sent[0]), session(1, sent[1])];
  let active = 1;
  const clipboards = new Clipboards({
    focused: () => null,
    webkit: false,
    pending: () => {},
    active: () => active,
  });
  for (const one of [a, b]) clipboards.of(one);
  expect(clipboards.take(pasted("for the second"))).toBe(true);
  expect(sent.map((commands) => commands.map((command) => command.do))).toEqual([[], ["offer-clipboard"]]);
  active = 0;
  expect(clipboards.take(pasted("for the first"))).toBe(true);
  expect(sent[0].map((command) => command.do)).toEqual(["offer-clipboard"]);
});

test("what one session's app copied waits for that session's button", async () => {
  const waiting: [number, Waiting][] = [];
  const [a, b] = [session(0, []), session(1, [])];
  const clipboards = new Clipboards({
    focused: () => null,
    webkit: false,
    pending: ({ id }, what) => waiting.push([id, what]),
    active: () => 0,
  });
  clipboards.of(a);
  clipboards.handle(b, { on: "clipboard-offered", mimes: ["text/plain"] });
  await vi.waitFor(() => expect(waiting).toEqual([[1, "content"]]));
});
