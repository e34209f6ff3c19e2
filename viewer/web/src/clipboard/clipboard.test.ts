import { beforeEach, describe, expect, it, test, vi } from "vitest";
import type { Command } from "../link/vocabulary";
import { Clipboard, type Waiting } from "./clipboard";

const text = (words: string) => new TextEncoder().encode(words);

/** Node has no `ClipboardItem`: this one holds what the browser would. */
class Item {
  readonly types: string[];
  constructor(readonly parts: Record<string, Promise<Blob> | Blob>) {
    this.types = Object.keys(parts);
  }
  async getType(type: string): Promise<Blob> {
    return this.parts[type]!;
  }
}

/** A browser with a clipboard that does or does not let pages write. */
class Browser {
  allowed = true;
  hasFocus = true;
  readPermission: PermissionState = "prompt";
  holds: Item[] = [];
  async write(items: Item[]): Promise<void> {
    if (!this.allowed) throw new DOMException("no gesture", "NotAllowedError");
    for (const item of items) await Promise.all(Object.values(item.parts));
    this.holds = items;
  }
  async read(): Promise<Item[]> {
    return this.holds;
  }
  async text(): Promise<string | undefined> {
    return (await this.holds[0]?.getType("text/plain"))?.text();
  }
  focused() {
    const clipboard = this as unknown as Navigator["clipboard"];
    const permissions = {
      query: async () => ({ state: this.readPermission }),
    } as unknown as Navigator["permissions"];
    return this.hasFocus ? { clipboard, permissions } : null;
  }
}

/** A user with a browser, and a host whose app holds `copied`. */
function story({ webkit = false } = {}) {
  const browser = new Browser();
  const sent: Command[] = [];
  const pending: Waiting[] = [];
  let copied: Record<string, Uint8Array> = {};
  const clipboard = new Clipboard({
    webkit,
    focused: () => browser.focused(),
    pending: (waiting) => pending.push(waiting),
    send: (command) => {
      sent.push(command);
      if (command.do !== "read-clipboard") return;
      const data = copied[command.mime] ?? null;
      queueMicrotask(() => clipboard.handle({ on: "clipboard-content", request: command.request, data }));
    },
  });
  const appCopies = (content: Record<string, Uint8Array>) => {
    copied = content;
    clipboard.handle({ on: "clipboard-offered", mimes: Object.keys(content) });
  };
  const offers = () => sent.filter((command) => command.do === "offer-clipboard");
  const pasted = async (mime: string) => {
    clipboard.handle({ on: "clipboard-wanted", request: 7, mime });
    return vi.waitFor(() => {
      const answer = sent.find((command) => command.do === "clipboard-content");
      if (answer === undefined) throw new Error("no answer yet");
      return answer.data === null ? null : new TextDecoder().decode(answer.data);
    });
  };
  return { browser, clipboard, pending, appCopies, offers, pasted };
}

const paste = (data: Record<string, string>, files: File[] = []) => ({
  getData: (format: string) => data[format] ?? "",
  files,
});

beforeEach(() => vi.stubGlobal("ClipboardItem", Item));

describe("what an app copies", () => {
  it("is on the user's clipboard at once, in all its kinds", async () => {
    const { browser, appCopies } = story();
    appCopies({ "text/html": text("<b>x</b>"), UTF8_STRING: text("x"), "application/x-own": text("?") });
    await vi.waitFor(async () => expect(await browser.text()).toBe("x"));
    expect(browser.holds[0]!.types).toEqual(["text/html", "text/plain"]);
  });

  it("waits for a click where the browser wants one, and says so", async () => {
    const { browser, clipboard, pending, appCopies } = story();
    browser.allowed = false;
    appCopies({ "text/plain": text("x") });
    await vi.waitFor(() => expect(pending).toEqual(["content"]));
    browser.allowed = true;
    clipboard.gesture(false);
    await vi.waitFor(async () => expect(await browser.text()).toBe("x"));
    expect(pending).toEqual(["content", "nothing"]);
  });

  it("waits for the focus", async () => {
    const { browser, clipboard, appCopies } = story();
    browser.hasFocus = false;
    appCopies({ "text/plain": text("x") });
    browser.hasFocus = true;
    await clipboard.focus();
    expect(await browser.text()).toBe("x");
  });

  it("is asked for with the copying key itself in WebKit", async () => {
    const { browser, clipboard, appCopies } = story({ webkit: true });
    clipboard.gesture(true);
    appCopies({ "text/plain": text("x") });
    await vi.waitFor(async () => expect(await browser.text()).toBe("x"));
  });

  it("is never offered back to it", async () => {
    const { browser, clipboard, appCopies, offers } = story();
    browser.readPermission = "granted";
    appCopies({ "text/plain": text("x") });
    await vi.waitFor(async () => expect(await browser.text()).toBe("x"));
    await clipboard.focus();
    expect(clipboard.take(paste({ "text/plain": "x" }))).toBe(true);
    expect(offers()).toEqual([]);
  });
});

describe("what an app clears", () => {
  const cleared = async (prepare: (browser: Browser, clipboard: Clipboard) => void) => {
    const told = story();
    told.appCopies({ "text/plain": text("x") });
    await vi.waitFor(async () => expect(await told.browser.text()).toBe("x"));
    prepare(told.browser, told.clipboard);
    told.appCopies({});
    return told;
  };

  it("is cleared in the browser", async () => {
    const { browser } = await cleared(() => {});
    await vi.waitFor(async () => expect(await browser.text()).toBe(""));
  });

  it("is cleared as soon as the browser allows it, and does not come back to the session", async () => {
    const { browser, clipboard, offers } = await cleared((browser) => (browser.hasFocus = false));
    expect(await browser.text()).toBe("x");
    browser.hasFocus = true;
    browser.readPermission = "granted";
    await clipboard.focus();
    expect(await browser.text()).toBe("");
    browser.holds = [new Item({ "text/plain": new Blob(["x"]) })];
    await clipboard.focus();
    expect(offers()).toEqual([]);
    expect(clipboard.take(paste({ "text/plain": "x" }))).toBe(true);
    expect(offers()).toHaveLength(1);
  });

  it("stays what the user has copied elsewhere meanwhile", async () => {
    const { browser, clipboard, appCopies } = story();
    browser.readPermission = "granted";
    appCopies({ "text/plain": text("x") });
    await vi.waitFor(async () => expect(await browser.text()).toBe("x"));
    browser.holds = [new Item({ "text/plain": new Blob(["mine"]) })];
    browser.hasFocus = false;
    appCopies({});
    browser.hasFocus = true;
    await clipboard.focus();
    expect(await browser.text()).toBe("mine");
  });
});

describe("a secret", () => {
  const secret = { "text/plain": text("pass"), "x-kde-passwordManagerHint": text("secret") };

  it("goes out at a click on what says so, not with any key, and away when its app clears it", async () => {
    const { browser, clipboard, pending, appCopies } = story();
    appCopies(secret);
    expect(pending).toEqual(["secret"]);
    clipboard.gesture(false);
    await clipboard.focus();
    expect(browser.holds).toEqual([]);
    clipboard.copy();
    await vi.waitFor(async () => expect(await browser.text()).toBe("pass"));
    appCopies({});
    await vi.waitFor(async () => expect(await browser.text()).toBe(""));
    expect(pending).toEqual(["secret", "nothing"]);
  });

  it("that is cleared before anybody wanted it needs no button", () => {
    const { browser, pending, appCopies } = story();
    appCopies(secret);
    appCopies({});
    expect(pending).toEqual(["secret", "nothing"]);
    expect(browser.holds).toEqual([]);
  });
});

test("a picture of an app is not offered back, whatever the browser made of it", async () => {
  const { browser, clipboard, appCopies, offers } = story();
  browser.readPermission = "granted";
  appCopies({ "image/png": text("png") });
  await vi.waitFor(() => expect(browser.holds).toHaveLength(1));
  browser.holds = [new Item({ "image/png": new Blob(["encoded anew"]) })];
  await clipboard.focus();
  expect(offers()).toEqual([]);
});

describe("what the user copies elsewhere", () => {
  it("comes with a paste, lazily, in all its kinds", async () => {
    const { clipboard, offers, pasted } = story();
    expect(clipboard.take(paste({ "text/plain": "ü", "text/html": "<i>ü</i>" }))).toBe(true);
    expect(offers()).toEqual([
      { do: "offer-clipboard", mimes: ["text/html", "text/plain;charset=utf-8", "text/plain"] },
    ]);
    expect(await pasted("text/html")).toBe("<i>ü</i>");
  });

  it("comes as a picture", async () => {
    const { clipboard, pasted } = story();
    // A file in all that counts here; Node 18 has no `File`.
    clipboard.take(paste({}, [new Blob(["png"], { type: "image/png" }) as File]));
    expect(await pasted("image/png")).toBe("png");
  });

  it("is looked at when the page gets the focus, if the user allowed it", async () => {
    const { browser, clipboard, offers } = story();
    browser.holds = [new Item({ "text/plain": new Blob(["y"]) })];
    await clipboard.focus();
    expect(offers()).toEqual([]);
    browser.readPermission = "granted";
    await clipboard.focus();
    await clipboard.focus();
    expect(offers()).toHaveLength(1);
  });

  it("is not there if nobody copied anything", async () => {
    const { clipboard, offers, pasted } = story();
    expect(clipboard.take(paste({}))).toBe(false);
    expect(offers()).toEqual([]);
    expect(await pasted("text/plain")).toBeNull();
  });

  it("is not the user's any more once an app copies", async () => {
    const { clipboard, appCopies, pasted } = story();
    clipboard.take(paste({ "text/plain": "old" }));
    appCopies({ "text/plain": text("new") });
    expect(await pasted("text/plain")).toBeNull();
  });
});
