/** The worker's entry: the engine behind `postMessage`. */

import zstdUrl from "virtual:zstd";

import { canDecode } from "../decode/video";
import { Zstd } from "../decode/zstd";
import { Engine } from "./engine";
import { askToJoin, seek } from "./join";
import { preferred } from "./transports";
import type { Command, Event } from "./vocabulary";

const { userAgent } = navigator;

const engine = new Engine((event: Event, transfer: Transferable[] = []) => postMessage(event, { transfer }), {
  zstd: () => Zstd.fetch(zstdUrl),
  decodesVideo: canDecode,
  join: askToJoin,
  seek,
  openers: (decodesVideo) => preferred(userAgent, decodesVideo),
  agent: agent(),
});

addEventListener("message", ({ data }: MessageEvent<Command>) => engine.handle(data));

/** What this viewer is, for people: "dormer-web Chrome/156". */
function agent(): string {
  const browser = /(Firefox|Edg|Chrom(?:e|ium)|Version)\/\d+/.exec(userAgent)?.[0] ?? "";
  return `dormer-web ${browser}`.trim();
}
