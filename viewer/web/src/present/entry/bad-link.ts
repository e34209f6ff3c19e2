/** Why a host did not take a link, for people in their language. */

import type { HostError } from "../../api/api";

export type BadLink = "expired" | "used" | "otherSession" | "otherHost" | "native" | "takenBack";

/** The words by which the host tells each. */
const REASONS: Readonly<Record<string, BadLink>> = {
  expired: "expired",
  used: "used",
  "other-session": "otherSession",
  foreign: "otherHost",
  "not-for-browsers": "native",
  "taken-back": "takenBack",
};

/** Which of them a refusal is; null for one that is not known here. */
export function badLink({ code, reason }: Pick<HostError, "code" | "reason">): BadLink | null {
  if (code !== "ticket-invalid" && code !== "ticket-expired") return null;
  return (Object.hasOwn(REASONS, reason) && REASONS[reason]) || null;
}
