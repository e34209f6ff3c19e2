/**
 * What a clipboard holds: text, HTML and a picture, under the names that the session and browsers have for
 * them.
 */

/** The longest content that travels, in bytes. */
export { MAX_CLIPBOARD } from "../protocol/wire";

/** The kinds that browsers let pages read and write, the richest first. */
export const FORMATS = ["text/html", "image/png", "text/plain"] as const;
export type Format = (typeof FORMATS)[number];

/** How apps name each kind, the best first: programs have several names for text. */
const MIMES: Readonly<Record<Format, readonly string[]>> = {
  "text/html": ["text/html"],
  "image/png": ["image/png"],
  "text/plain": ["text/plain;charset=utf-8", "UTF8_STRING", "text/plain", "TEXT", "STRING"],
};

/** Under which names a kind is offered to the session. */
const OFFERED: Readonly<Record<Format, readonly string[]>> = {
  "text/html": ["text/html"],
  "image/png": ["image/png"],
  "text/plain": ["text/plain;charset=utf-8", "text/plain"],
};

/** By this password managers mark what they copy: no history of clipboards is to keep it. */
const SECRET = "x-kde-passwordManagerHint";

/** Whether an app's offer is a secret. */
export function isSecret(mimes: readonly string[]): boolean {
  return mimes.includes(SECRET);
}

/** A part of what was copied, fetched when somebody wants it. */
export type Part = () => Promise<Blob | null>;

/** What was copied, by kind. */
export type Content = ReadonlyMap<Format, Part>;

/** The kinds among an app's offer, each with the best name it goes by. */
export function readable(mimes: readonly string[]): Map<Format, string> {
  const found = new Map<Format, string>();
  for (const format of FORMATS) {
    const mime = MIMES[format].find((name) => mimes.includes(name));
    if (mime !== undefined) found.set(format, mime);
  }
  return found;
}

/** The names under which content is offered. */
export function offer(content: Content): string[] {
  return [...content.keys()].flatMap((format) => OFFERED[format]);
}

/** The kind that a name stands for. */
export function formatOf(mime: string): Format | undefined {
  return FORMATS.find((format) => MIMES[format].includes(mime));
}

/** As much of a `DataTransfer` as is looked at. */
export interface Pasted {
  getData(format: string): string;
  readonly files: ArrayLike<File>;
}

/**
 * What a paste brings. It can be read only while its event is handled, so all of it is taken now. `text`
 * tells one content from another: a picture alone is told by its size.
 */
export function taken(pasted: Pasted): { content: Content; text: string } {
  const content = new Map<Format, Part>();
  for (const format of ["text/html", "text/plain"] as const) {
    const text = pasted.getData(format);
    if (text !== "") content.set(format, () => Promise.resolve(new Blob([text])));
  }
  const picture = Array.from(pasted.files).find(({ type }) => type === "image/png");
  if (picture !== undefined) content.set("image/png", () => Promise.resolve(picture));
  const text = pasted.getData("text/plain");
  return { content, text: text === "" && picture !== undefined ? sized(picture) : text };
}

/** What the asynchronous clipboard holds, fetched kind by kind when it is wanted. */
export async function offered(items: readonly ClipboardItem[]): Promise<{ content: Content; text: string }> {
  const content = new Map<Format, Part>();
  for (const format of FORMATS) {
    const item = items.find(({ types }) => types.includes(format));
    if (item !== undefined) content.set(format, () => item.getType(format).catch(() => null));
  }
  const text = (await (await content.get("text/plain")?.())?.text()) ?? "";
  // That is how pages clear the clipboard.
  if (text === "") content.delete("text/plain");
  const picture = text === "" ? await content.get("image/png")?.() : null;
  return { content, text: picture ? sized(picture) : text };
}

/** No text begins like this. */
const SIZED = "\0size ";

function sized(picture: Blob): string {
  return `${SIZED}${picture.size}`;
}

/** Whether what tells a content is no text of it. */
export function hasNoText(text: string): boolean {
  return text.startsWith(SIZED);
}
