import { expect, test } from "vitest";
import { linkIn } from "./link-field";

test("a link is found in what people paste, and nothing else is one", () => {
  const link = "https://host.example:4461/#ticket=AbC-_1";
  for (const text of [link, `  ${link}\n`, `For the browser: ${link} (once)`, `“${link}”`, `<${link}>`])
    expect(linkIn(text)?.href, text).toBe(link);
  for (const text of [
    "",
    "dormer://host#ticket=x",
    "https://host.example/",
    "https://",
    "javascript:alert(1)#ticket=1",
  ])
    expect(linkIn(text), text).toBeNull();
});
