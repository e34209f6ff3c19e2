/** Between the core's words and a link's bytes, and what it means for a connection when they do not fit. */

import { UnknownVariant } from "../protocol/form";
import type { Refusal } from "../protocol/types";
import { WireError, decode, encode, feedback, input, toHost, toViewer, update } from "../protocol/wire";
import type { End, Outbound } from "../session/action";
import type { Viewer } from "../session/viewer";
import { clean } from "../session/sane";
import { type Link } from "./link";
import { LANE, type Lane } from "../protocol/lane";
import type { Over } from "./reconnect";

/** Sends what the core wants to be sent. */
export function transmit(link: Link, outbound: Outbound): void {
  switch (outbound.lane) {
    case "control":
      return link.send(LANE.control, encode(toHost, outbound.message));
    case "input":
      return link.send(LANE.input, encode(input, outbound.input));
    case "motion":
      return link.send(LANE.motion, encode(input, outbound.input));
    case "feedback":
      return link.send(LANE.feedback, encode(feedback, outbound.feedback));
  }
}

/** Hands the core what came. Answers why the connection is over by that, if it is. */
export function receive(core: Viewer, now: number, lane: Lane, bytes: Uint8Array): Over | null {
  try {
    if (lane === LANE.update) core.handleUpdate(now, decode(update, lane, bytes));
    else if (lane === LANE.control) {
      const message = decode(toViewer, lane, bytes);
      if ("Refused" in message) {
        const { code, message: sentence } = message.Refused;
        return refused({ code, message: clean(sentence) });
      }
      core.handleControl(now, message);
    } else throw new WireError(`a message on lane ${lane}, which leads to the host`);
  } catch (error) {
    // A newer host may say things that this viewer need not know.
    if (error instanceof UnknownVariant && lane === LANE.control) return null;
    if (!(error instanceof WireError)) throw error;
    return ended({ why: "protocol", reason: error.message });
  }
  return null;
}

/** What the core's end means for the connection, and for those after it. */
export function ended(end: End): Over {
  if (end.why === "goodbye") return { end: "session-over", message: end.reason };
  if (end.why === "refused") return refused(end.refusal);
  return { end: "failed", message: `the host broke the protocol: ${end.reason}` };
}

/**
 * A host that is full, or that lost patience with a slow link, may take the viewer again; a fresh ticket may
 * help too. Who took this viewer's place has its key, and would be thrown out in turn.
 */
function refused({ code, message }: Refusal): Over {
  if (code === "removed") return { end: "removed", message };
  return code === "version" || code === "replaced" ? { end: "failed", message } : { broken: message };
}
