import { beforeEach, describe, expect, it } from "vitest";
import type { Command } from "../../link/vocabulary";
import { Layout, type Level, type Stroke } from "./layout";
import { TABLES } from "./layouts";

let keymaps: string[];

beforeEach(() => {
  keymaps = [];
});

function send(command: Command): void {
  if (command.do === "keymap") keymaps.push(command.text);
}

function layout(...languages: string[]): Layout {
  const layout = new Layout({ send, storage: null, languages });
  layout.announce();
  return layout;
}

function stroke(code: string, character: string, level: Level = 0, caps = false): Stroke {
  return { code, character, level, caps };
}

/** What a keymap says of a key. */
function symbols(keymap: string | undefined, keycode: number): string | undefined {
  return keymap?.match(new RegExp(`key <I${keycode}> {\\[(.*?)\\]`))?.[1];
}

/** Types a text that is all on the plain level of a known layout. */
function type(layout: Layout, name: string, text: string): void {
  const table = TABLES.find((table) => table.name === name);
  for (const character of text) {
    const [code] = [...(table?.cells ?? [])].find(([, cell]) => cell[0] === character) ?? [""];
    expect(layout.expect(stroke(code, character)), character).toBe(true);
  }
}

describe("a layout", () => {
  it("begins with the language's", () => {
    expect(layout("de-AT", "en").name).toBe("de");
    expect(layout("pt-BR").name).toBe("br");
    expect(layout("xx").name).toBe("us");
  });

  it("sends nothing while what is typed is as expected", () => {
    const us = layout("en-US");
    type(us, "us", "hello, world");
    expect(keymaps).toHaveLength(1);
  });

  it("is not told before the link is up", () => {
    new Layout({ send, storage: null, languages: ["en-US"] }).expect(stroke("KeyQ", "a"));
    expect(keymaps).toHaveLength(0);
  });

  it("is recognised by what differs", () => {
    for (const [name, text] of [
      ["de", "hallo zuschauer"],
      ["fr", "abc"],
      ["ru", "привет"],
      ["dvorak", "on"],
      ["gr", "καλημερα"],
    ] as const) {
      const other = layout("en-US");
      type(other, name, text);
      expect(other.name).toBe(name);
      expect(keymaps).toHaveLength(2);
      keymaps = [];
    }
  });

  it("changes back and forth as the user changes it", () => {
    const us = layout("en-US");
    type(us, "us", "asdf");
    type(us, "ru", "ф");
    expect(us.name).toBe("ru");
    type(us, "us", "a");
    expect(us.name).toBe("us");
    expect(keymaps).toHaveLength(3);
  });

  it("is corrected where no known one fits", () => {
    const us = layout("en-US");
    expect(us.expect(stroke("KeyJ", "ŋ"))).toBe(true);
    expect(us.name).toBe("us*");
    expect(symbols(keymaps.at(-1), 44)).toBe("U014B,U014A");
    type(us, "us", "asdf");
    expect(keymaps).toHaveLength(2);
  });

  it("is not changed by a letter in its other case: that is a lock nobody told of", () => {
    const us = layout("en-US");
    expect(us.expect(stroke("KeyB", "B"))).toBe(false);
    expect(us.expect(stroke("KeyB", "b"))).toBe(true);
    expect(keymaps).toHaveLength(1);
  });

  it("gives up on a key that types ever new things", () => {
    const us = layout("en-US");
    const typed = [..."①②③④⑤⑥"].map((character) => us.expect(stroke("KeyJ", character)));
    expect(typed).toEqual([true, true, true, true, false, false]);
  });

  it("learns what AltGr types, and that there is one", () => {
    const us = layout("en-US");
    expect(us.altgr).toBe(false);
    us.notice("AltRight", "AltGraph", false);
    expect(us.altgr).toBe(true);
    expect(us.expect(stroke("KeyM", "①", 2))).toBe(true);
    expect(symbols(keymaps.at(-1), 58)).toBe("U006D,U004D,U2460");
  });
});

describe("caps lock", () => {
  it("swaps the cases of letters and nothing else", () => {
    const us = layout("en-US");
    expect(us.expect(stroke("KeyA", "A", 0, true))).toBe(true);
    expect(us.expect(stroke("KeyA", "a", 1, true))).toBe(true);
    expect(us.expect(stroke("Digit1", "1", 0, true))).toBe(true);
    expect(symbols(keymaps.at(-1), 38)).toBe("U0041,U0061");
    us.expect(stroke("KeyA", "a"));
    expect(symbols(keymaps.at(-1), 38)).toBe("U0061,U0041");
    expect(keymaps).toHaveLength(3);
  });

  it("may do something else with a key, which is learned apart", () => {
    const french = layout("fr");
    expect(french.expect(stroke("Digit2", "2", 0, true))).toBe(true);
    expect(symbols(keymaps.at(-1), 11)).toMatch(/^U0032,/);
    expect(french.expect(stroke("Digit2", "é"))).toBe(true);
    expect(french.name).toBe("fr");
  });
});

describe("keypads", () => {
  it("have digits or directions, as the browser says", () => {
    const us = layout("en-US");
    us.notice("Numpad7", "Home", false);
    expect(symbols(keymaps.at(-1), 79)).toBe("KP_Home,KP_7");
    us.notice("Numpad7", "7", false);
    expect(symbols(keymaps.at(-1), 79)).toBe("KP_7,KP_Home");
  });

  it("have the decimal sign of the country", () => {
    const us = layout("en-US");
    us.notice("NumpadDecimal", ",", false);
    expect(symbols(keymaps.at(-1), 91)).toBe("KP_Separator,KP_Delete");
  });
});

describe("what the browser knows", () => {
  const map = (name: string) => {
    const table = TABLES.find((table) => table.name === name);
    return new Map([...(table?.cells ?? [])].map(([code, cell]) => [code, cell[0]]));
  };

  it("tells the layout at once", () => {
    const us = layout("en-US");
    us.told(map("se"));
    expect(us.name).toBe("se");
  });

  it("corrects the nearest", () => {
    const us = layout("en-US");
    us.told(map("de").set("KeyA", "ə").set("Backquote", "^"));
    expect(us.name).toBe("de*");
    expect(us.expect(stroke("KeyA", "Ə", 1))).toBe(true);
    expect(us.way("^")).toBeNull();
  });
});

describe("what was learned", () => {
  it("is there at the next visit", () => {
    const kept = new Map<string, string>();
    const storage = {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => void kept.set(key, value),
    };
    const options = { send, storage, languages: ["en-US"] };
    new Layout(options).expect(stroke("KeyJ", "ŋ"));
    expect(new Layout(options).way("ŋ")).toEqual({ code: "KeyJ", level: 0 });
  });

  it("is not believed if somebody else wrote it", () => {
    for (const bad of ["", "{", "[]", '{"name":"x\\"; include","cells":[]}', '{"name":"us","cells":7}']) {
      const storage = { getItem: () => bad, setItem: () => {} };
      expect(new Layout({ send, storage, languages: ["fr"] }).name).toBe("fr");
    }
    const cells =
      '[["KeyA",["\\u0000","","",""]],["KeyB",["ab","","",""]],["KeyC",["c","C","",""]],["x",[]]]';
    const storage = { getItem: () => `{"name":"us","cells":${cells}}`, setItem: () => {} };
    const layout = new Layout({ send, storage, languages: [] });
    expect(layout.way("c")).toEqual({ code: "KeyC", level: 0 });
    expect(layout.way("ab")).toBeNull();
  });
});

describe("characters", () => {
  it("are found on their keys", () => {
    const german = layout("de");
    expect(german.way("z")).toEqual({ code: "KeyY", level: 0 });
    expect(german.way("?")).toEqual({ code: "Minus", level: 1 });
    expect(german.way("@")).toEqual({ code: "KeyQ", level: 2 });
    expect(german.way("世")).toBeNull();
  });
});
