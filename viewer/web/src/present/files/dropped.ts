/** What people drop from their desktop: files, and folders with all that is in them. */

import type { Chosen } from "./transfers";

/** All files of what was dropped, with their paths. */
export async function filesOf(entries: readonly FileSystemEntry[]): Promise<Chosen[]> {
  const all: Chosen[] = [];
  const waiting = entries.map((entry) => ({ entry, path: entry.name }));
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const { entry, path } = next;
    if (entry.isFile) all.push({ file: await fileOf(entry as FileSystemFileEntry), path });
    else if (entry.isDirectory)
      for (const inner of await contentOf(entry as FileSystemDirectoryEntry))
        waiting.push({ entry: inner, path: `${path}/${inner.name}` });
  }
  return all;
}

function fileOf(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((done, failed) => entry.file(done, failed));
}

/** Browsers tell a hundred at a time. */
async function contentOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((done, failed) => reader.readEntries(done, failed));
    if (some.length === 0) return all;
    all.push(...some);
  }
}
