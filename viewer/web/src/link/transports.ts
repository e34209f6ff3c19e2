/** The transports of this engine, the best first. */

import type { Open, Transport } from "./link";
import { openWebRtc } from "./webrtc";
import { openWebSocket } from "./websocket";
import { openWebTransport } from "./webtransport";

/** What can open a link. Each fails with `Unsupported` where its engine lacks something. */
const OPENERS: Partial<Record<Transport, Open>> = {
  webtransport: openWebTransport,
  webrtc: openWebRtc,
  websocket: openWebSocket,
};

/**
 * WebTransport is the fastest. Data channels starve under loss, so WebRTC comes second, but first where it is
 * the only one that works well (Safari's WebTransport does not), or where videos can come in no other way.
 */
export function preferred(userAgent: string, decodesVideo: boolean): [Transport, Open][] {
  const safari = /AppleWebKit/.test(userAgent) && !/Chrom(e|ium)/.test(userAgent);
  const order: Transport[] =
    safari || !decodesVideo
      ? ["webrtc", "webtransport", "websocket"]
      : ["webtransport", "webrtc", "websocket"];
  return order.flatMap((transport) => {
    const open = OPENERS[transport];
    return open === undefined ? [] : [[transport, open] satisfies [Transport, Open]];
  });
}
