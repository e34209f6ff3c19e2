/** The worker's entry: the engine behind `postMessage`. */

import zstdUrl from "virtual:zstd";

import { Zstd } from "../decode/zstd";
import { Engine } from "./engine";
import type { Command, Event } from "./vocabulary";

const engine = new Engine(
  (event: Event, transfer: Transferable[] = []) => postMessage(event, { transfer }),
  () => Zstd.fetch(zstdUrl),
);

addEventListener("message", ({ data }: MessageEvent<Command>) => engine.handle(data));
