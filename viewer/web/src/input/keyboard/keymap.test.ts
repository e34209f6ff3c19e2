import { describe, expect, it } from "vitest";
import { capitalised } from "./keymap";
import { Layout } from "./layout";

/** Keymaps that `viewer/tests/web_keymap.rs` compiles: what stands in these files is what this page sends. */
const golden = (name: string) => `../../../test/keymaps/${name}.xkb`;

function layout(language: string): Layout {
  return new Layout({ send: () => {}, storage: null, languages: [language] });
}

describe("keymaps", () => {
  it("of known layouts are those that the host's library compiles", async () => {
    for (const [name, language] of [
      ["de", "de"],
      ["ru", "ru"],
      ["us", "en-US"],
    ] as const) {
      await expect(layout(language).text()).toMatchFileSnapshot(golden(name));
    }
  });

  it("that were learned compile, too", async () => {
    const learned = layout("fr");
    learned.told(new Map([["KeyQ", "ə"], ["KeyJ", "😀"]])); // prettier-ignore
    learned.expect({ code: "KeyA", character: "Q", level: 0, caps: true });
    learned.expect({ code: "KeyX", character: "\uf8ff", level: 3, caps: true });
    learned.notice("NumpadDecimal", ",", false);
    learned.notice("Numpad1", "End", false);
    await expect(learned.text()).toMatchFileSnapshot(golden("learned"));
  });

  it("are small beside what the protocol allows", () => {
    expect(layout("ru").text().length).toBeLessThan(16 << 10);
  });
});

describe("under caps lock", () => {
  it("letters change their case, in any script", () => {
    expect(capitalised(["a", "A", "", ""])).toEqual(["A", "a", "", ""]);
    expect(capitalised(["ф", "Ф", "", ""])).toEqual(["Ф", "ф", "", ""]);
    expect(capitalised(["i", "İ", "", ""])).toEqual(["İ", "i", "", ""]);
    expect(capitalised(["1", "!", "", ""])).toEqual(["1", "!", "", ""]);
    expect(capitalised(["ß", "?", "\\", ""])).toEqual(["ß", "?", "\\", ""]);
    expect(capitalised(["é", "2", "~", ""])).toEqual(["É", "2", "~", ""]);
  });
});
