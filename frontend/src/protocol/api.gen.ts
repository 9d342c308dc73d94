// Written by `make protocol` from annotation/views/schemas.py. Do not edit.

/** Why a request was refused: `code` for programs, `message` for people. */
export interface ErrorOut {
  readonly code: string;
  readonly message: string;
}

/** Background work; `progress` is 0 to 1, `message` is for people. */
export interface JobOut {
  readonly id: string;
  readonly kind: "import" | "segment" | "export";
  readonly state: "queued" | "running" | "done" | "failed" | "cancelled";
  readonly progress: number;
  readonly message: string;
  readonly created_at: string;
}
