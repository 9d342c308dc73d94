/** What codes and roles mean for the conversation. */

import type { ErrorCode } from "../protocol/messages.gen";

export const MAY_EDIT: ReadonlySet<string> = new Set(["owner", "manager", "annotator", "reviewer"]);

/** Not decided, and it may pass. */
export const PASSING: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "retry",
  "busy",
  "too_fast",
  "out_of_order",
]);

/** The server closes the connection after these, and says more by its code. */
export const CLOSING: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "not_signed_in",
  "forbidden",
  "not_found",
  "client_too_old",
]);
