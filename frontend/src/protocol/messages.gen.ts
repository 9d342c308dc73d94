// Written by `make protocol` from annotation/protocol.py. Do not edit.

import { decoder } from "./decode";

export const CLOSE_BAD_FRAME = 4400;
export const CLOSE_FORBIDDEN = 4403;
export const CLOSE_NOT_FOUND = 4404;
export const CLOSE_NOT_SIGNED_IN = 4401;
export const CLOSE_TOO_FAST = 4429;
export const CLOSE_TOO_OLD = 4409;
export const MAX_CHANGES = 4096;
export const MAX_MESSAGE_BYTES = 262144;
export const MAX_PLACES = 256;
export const MAX_SCRIBBLES = 16;
export const MAX_SIDE = 100000;
export const VERSION = 1;

/** The answer to a push. `commit`: it is in the database as operation `clock`; the patch says how. `discard`: it was refused; `cells` and `removed` are the server's truth for the cells that it named. */
export interface Ack {
  readonly type: "ack";
  readonly id: string;
  readonly seq: number;
  readonly outcome: "commit" | "discard";
  readonly clock: number;
  readonly code: ErrorCode | null;
  readonly message: string;
  readonly cells: readonly CellState[];
  readonly removed: readonly string[];
  readonly undoable: string | null;
  readonly redoable: string | null;
}

/** A decision between independent annotations: of which `cells` the mask was made, and how. Who decided is in the operation log. */
export interface Adjudicated {
  readonly take: "a" | "b" | "union" | "intersection";
  readonly cells: readonly string[];
  readonly people: readonly string[];
}

/** I no longer want an answer to prompts and tunes up to `number`. */
export interface Cancel {
  readonly type: "cancel";
  readonly number: number;
}

/** One possible mask with the engine's own estimate of its quality, 0 to 1. */
export interface Candidate {
  readonly mask: Mask;
  readonly score: number;
}

/** One cell as the database has it. */
export interface CellState {
  readonly id: string;
  readonly label: number;
  readonly version: number;
  readonly mask: Mask;
  readonly class_id: number | null;
  readonly provenance: Provenance;
  readonly created_by: string;
  readonly updated_by: string;
  readonly locked: boolean;
  readonly t: number;
  readonly z: number;
  readonly parent: number | null;
}

/** Somebody said something of the image, or took it back: ask for it (GET /api/images/…/comments). */
export interface CommentsChanged {
  readonly type: "comments";
}

/** A new cell on slice `z` of frame `t`. Pixels that another cell of that plane has are left out of it. With `joins`, a cell of another plane, both are one object and have its label; `parent` is a cell of the object in an earlier frame that divided into this one. */
export interface CreateCell {
  readonly change: "create";
  readonly id: string;
  readonly mask: Mask;
  readonly class_id?: number | null;
  readonly provenance: Provenance;
  readonly t?: number;
  readonly z?: number;
  readonly joins?: string | null;
  readonly parent?: string | null;
}

/** Where my pointer is, or null when it left the canvas, and what I see. Never stored, dropped first. */
export interface Cursor {
  readonly type: "cursor";
  readonly row: number | null;
  readonly col: number | null;
  readonly seen?: Seen | null;
}

/** Away with it. Deleting wins over other changes; undo brings it back. */
export interface DeleteCell {
  readonly change: "delete";
  readonly id: string;
  readonly base_version: number;
}

/** What clients switch on. */
export type ErrorCode =
  | "not_signed_in"
  | "forbidden"
  | "not_found"
  | "bad_request"
  | "conflict"
  | "stale"
  | "gone"
  | "covered"
  | "locked"
  | "held"
  | "changed_since"
  | "nothing_to_undo"
  | "out_of_order"
  | "too_large"
  | "too_fast"
  | "client_too_old"
  | "unreadable"
  | "disk_full"
  | "busy"
  | "retry"
  | "engine"
  | "internal";

/** Something that dashboards count is otherwise than before: ask for them again. Told every two seconds at most. */
export interface FiguresChanged {
  readonly type: "figures";
}

/** The first message, and again whenever the client sees a gap. `clock` is the last operation that it has, or null to get everything. Who `unpacks` gets a long welcome as one binary frame: its JSON, gzipped. */
export interface Hello {
  readonly type: "hello";
  readonly protocol: number;
  readonly client_id: string;
  readonly clock?: number | null;
  readonly unpacks?: boolean;
}

/** The cells that I am changing right now, or none any more: others leave them alone meanwhile. Said again every few seconds, or it ends by itself. `take` takes them from whoever holds them; for managers. Never stored. */
export interface Hold {
  readonly type: "hold";
  readonly cells: readonly string[];
  readonly take?: boolean;
}

/** How far some background work on a plane of this image is. `progress` is 0 to 1; `job` is null for an embedding, which cannot be cancelled. */
export interface JobUpdate {
  readonly type: "job";
  readonly job: string | null;
  readonly kind: "embed" | "segment";
  readonly engine: string;
  readonly state: "queued" | "running" | "done" | "failed" | "cancelled";
  readonly progress: number;
  readonly message: string;
  readonly t: number;
  readonly z: number;
}

/** Run lengths of one mask inside its box, row by row, background first (inference.rle). */
export interface Mask {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
  readonly counts: readonly number[];
}

/** Somebody in the image: `client_id` tells two tabs of one person apart. */
export interface Member {
  readonly client_id: string;
  readonly user_id: number;
  readonly name: string;
  readonly colour: string;
}

/** Several things at once, gathered for a few milliseconds. `clock` is the image's: what is missing among the `patches` was too large to send along, ask for it. */
export interface News {
  readonly type: "news";
  readonly clock: number;
  readonly patches: readonly Patch[];
  readonly presence: readonly Presence[];
}

/** Something happened that concerns you: `text`, empty where you only read what there was. `unread` is how many notifications you have not seen. */
export interface Notified {
  readonly type: "notified";
  readonly unread: number;
  readonly text: string;
}

/** Operation `clock` as it was applied: the cells as they are now, and the ids of those that are gone. */
export interface Patch {
  readonly type: "patch";
  readonly clock: number;
  readonly operation: string;
  readonly kind: string;
  readonly actor: string;
  readonly cells: readonly CellState[];
  readonly removed: readonly string[];
}

/** Others are in the project, or in other images: ask for them (GET /api/projects/…/people). */
export interface PeopleChanged {
  readonly type: "people";
}

/** Are you there? Answered with the image's clock, so that a lost message is noticed. */
export interface Ping {
  readonly type: "ping";
}

/** Somewhere in the image. */
export interface Place {
  readonly row: number;
  readonly col: number;
}

/** I am here, and the image is at this clock. */
export interface Pong {
  readonly type: "pong";
  readonly clock: number;
}

/** I am going to use this engine on this plane: have it ready. */
export interface Prepare {
  readonly type: "prepare";
  readonly engine: string;
  readonly t?: number;
  readonly z?: number;
}

/** Somebody is here, moved, holds `cells` (none any more), or left. Whoever comes is told by each of the others that they are here. */
export interface Presence {
  readonly type: "presence";
  readonly event: "here" | "moved" | "holds" | "left";
  readonly member: Member;
  readonly row: number | null;
  readonly col: number | null;
  readonly seen: Seen | null;
  readonly cells: readonly string[];
  readonly take: boolean;
}

/** The answer to a prompt: up to three masks, best first; none where nothing was found. `engine_ms` is the time that the engine itself took. */
export interface Preview {
  readonly type: "preview";
  readonly number: number;
  readonly candidates: readonly Candidate[];
  readonly engine: string;
  readonly weights: string;
  readonly preprocessing: string;
  readonly engine_ms: number;
}

/** What is the cell here? `number` grows with each prompt and tune of a tab; a newer one cancels the older. */
export interface Prompt {
  readonly type: "prompt";
  readonly number: number;
  readonly engine: string;
  readonly prompts: PromptSet;
  readonly t?: number;
  readonly z?: number;
}

/** A rectangle around the cell, half-open. */
export interface PromptBox {
  readonly top: number;
  readonly left: number;
  readonly bottom: number;
  readonly right: number;
}

/** A click; `positive` says that the pixel belongs to the cell. */
export interface PromptPoint {
  readonly row: number;
  readonly col: number;
  readonly positive: boolean;
}

/** A stroke through its corners, in order; `positive` says that it runs inside of the cell. */
export interface PromptScribble {
  readonly places: readonly Place[];
  readonly positive: boolean;
}

/** Everything said about one cell; `mask` is a shape of it that is nearly right. */
export interface PromptSet {
  readonly points?: readonly PromptPoint[];
  readonly box?: PromptBox | null;
  readonly mask?: Mask | null;
  readonly scribbles?: readonly PromptScribble[];
}

/** A part of the answer to a tune: the cells that there would be, as they would be without those that are there. The parts come in order from 0; all together are the answer once the `last` has come. */
export interface Proposal {
  readonly type: "proposal";
  readonly number: number;
  readonly engine: string;
  readonly weights: string;
  readonly preprocessing: string;
  readonly cells: readonly Candidate[];
  readonly part: number;
  readonly last: boolean;
  readonly engine_ms: number;
}

/** Where a mask came from: by hand, or an engine with the weights' hash, its prompts and parameters. */
export interface Provenance {
  readonly source: "hand" | "prompt" | "auto";
  readonly engine?: string;
  readonly weights?: string;
  readonly preprocessing?: string;
  readonly score?: number | null;
  readonly prompts?: PromptSet | null;
  readonly adjudicated?: Adjudicated | null;
}

/** One operation, answered by an ack with the same `id`. Sent again with the same ids it is answered the same and done once. Either `changes` or `undo` (the id of my operation to invert; undoing an undo is redo). What is too large for one message comes in parts: all but the first say in `continues` which operation they are a part of, and all are undone together. */
export interface Push {
  readonly type: "push";
  readonly id: string;
  readonly client_id: string;
  readonly seq: number;
  readonly changes?: readonly (CreateCell | UpdateCell | DeleteCell)[];
  readonly undo?: string | null;
  readonly continues?: string | null;
}

/** Something that you sent could not be done. `number` is that of the prompt or tune, `push` the id of the operation, where it was one: such an operation was *not* answered for good, and its seq is still free. */
export interface Refusal {
  readonly type: "error";
  readonly code: ErrorCode;
  readonly message: string;
  readonly number: number | null;
  readonly push: string | null;
}

/** The image's “complete here” regions are other ones now: ask for them (GET /api/images/…/regions). */
export interface RegionsChanged {
  readonly type: "regions";
}

/** The part of slice `z` of frame `t` that somebody sees; it may reach beyond the image. */
export interface Seen {
  readonly top: number;
  readonly left: number;
  readonly bottom: number;
  readonly right: number;
  readonly t?: number;
  readonly z?: number;
}

/** Which cells would there be with these thresholds? Answered with proposals, nothing is stored. `number` as in a prompt. */
export interface Tune {
  readonly type: "tune";
  readonly number: number;
  readonly engine: string;
  readonly params: TuneParams;
  readonly t?: number;
  readonly z?: number;
}

/** Thresholds for what an engine kept of the image; null is the engine's own choice (see inference.contracts). */
export interface TuneParams {
  readonly cell_probability?: number | null;
  readonly flow_error?: number | null;
  readonly min_area?: number | null;
  readonly diameter?: number | null;
}

/** A new shape, a new class, locked or not, or several of these; a locked cell takes no other change. `joins` makes it a part of another cell's object, its own id an object of its own. `parent`, with `set_parent`, is a cell of the object that divided into it, or null for none. `base_version` is the last version of the server's that the tab has heard of (1 for a cell whose creation is not answered yet): what the same tab changed since does not count as stale. `provenance` comes with a shape that an engine made; without it the cell keeps its own. */
export interface UpdateCell {
  readonly change: "update";
  readonly id: string;
  readonly base_version: number;
  readonly mask?: Mask | null;
  readonly class_id?: number | null;
  readonly set_class?: boolean;
  readonly locked?: boolean | null;
  readonly provenance?: Provenance | null;
  readonly joins?: string | null;
  readonly parent?: string | null;
  readonly set_parent?: boolean;
}

/** Who you are here and what you missed: with `snapshot` all cells replace what the client has, otherwise the `patches` after its clock. */
export interface Welcome {
  readonly type: "welcome";
  readonly protocol: number;
  readonly clock: number;
  readonly user_id: number;
  readonly name: string;
  readonly colour: string;
  readonly role: string;
  readonly last_seq: number;
  readonly snapshot: readonly CellState[] | null;
  readonly patches: readonly Patch[];
  readonly undoable: string | null;
  readonly redoable: string | null;
}

export type Change = CreateCell | UpdateCell | DeleteCell;

export type ClientMessage = Hello | Push | Prompt | Tune | Prepare | Cancel | Cursor | Hold | Ping;

export type ServerMessage = Welcome | Ack | Patch | Presence | News | Preview | Proposal | JobUpdate | RegionsChanged | CommentsChanged | Notified | PeopleChanged | FiguresChanged | Refusal | Pong;

/** The message in a text frame. Throws ProtocolError with the first thing that is wrong with it. */
export const decodeServerMessage = decoder<ServerMessage>({"ack": "Ack", "comments": "CommentsChanged", "error": "Refusal", "figures": "FiguresChanged", "job": "JobUpdate", "news": "News", "notified": "Notified", "patch": "Patch", "people": "PeopleChanged", "pong": "Pong", "presence": "Presence", "preview": "Preview", "proposal": "Proposal", "regions": "RegionsChanged", "welcome": "Welcome"}, {
  "Ack": {
    "fields": {
      "type": {
        "oneOf": [
          "ack"
        ]
      },
      "id": "string",
      "seq": "integer",
      "outcome": {
        "oneOf": [
          "commit",
          "discard"
        ]
      },
      "clock": "integer",
      "code": {
        "nullable": {
          "ref": "ErrorCode"
        }
      },
      "message": "string",
      "cells": {
        "list": {
          "ref": "CellState"
        }
      },
      "removed": {
        "list": "string"
      },
      "undoable": {
        "nullable": "string"
      },
      "redoable": {
        "nullable": "string"
      }
    },
    "optional": [
      "cells",
      "code",
      "message",
      "redoable",
      "removed",
      "undoable"
    ],
    "defaults": {
      "code": null,
      "message": "",
      "cells": [],
      "removed": [],
      "undoable": null,
      "redoable": null
    }
  },
  "Adjudicated": {
    "fields": {
      "take": {
        "oneOf": [
          "a",
          "b",
          "union",
          "intersection"
        ]
      },
      "cells": {
        "list": "string"
      },
      "people": {
        "list": "string"
      }
    },
    "optional": [],
    "defaults": {}
  },
  "Candidate": {
    "fields": {
      "mask": {
        "ref": "Mask"
      },
      "score": "number"
    },
    "optional": [],
    "defaults": {}
  },
  "CellState": {
    "fields": {
      "id": "string",
      "label": "integer",
      "version": "integer",
      "mask": {
        "ref": "Mask"
      },
      "class_id": {
        "nullable": "integer"
      },
      "provenance": {
        "ref": "Provenance"
      },
      "created_by": "string",
      "updated_by": "string",
      "locked": "boolean",
      "t": "integer",
      "z": "integer",
      "parent": {
        "nullable": "integer"
      }
    },
    "optional": [
      "locked",
      "parent",
      "t",
      "z"
    ],
    "defaults": {
      "locked": false,
      "t": 0,
      "z": 0,
      "parent": null
    }
  },
  "CommentsChanged": {
    "fields": {
      "type": {
        "oneOf": [
          "comments"
        ]
      }
    },
    "optional": [],
    "defaults": {}
  },
  "ErrorCode": {
    "oneOf": [
      "not_signed_in",
      "forbidden",
      "not_found",
      "bad_request",
      "conflict",
      "stale",
      "gone",
      "covered",
      "locked",
      "held",
      "changed_since",
      "nothing_to_undo",
      "out_of_order",
      "too_large",
      "too_fast",
      "client_too_old",
      "unreadable",
      "disk_full",
      "busy",
      "retry",
      "engine",
      "internal"
    ]
  },
  "FiguresChanged": {
    "fields": {
      "type": {
        "oneOf": [
          "figures"
        ]
      }
    },
    "optional": [],
    "defaults": {}
  },
  "JobUpdate": {
    "fields": {
      "type": {
        "oneOf": [
          "job"
        ]
      },
      "job": {
        "nullable": "string"
      },
      "kind": {
        "oneOf": [
          "embed",
          "segment"
        ]
      },
      "engine": "string",
      "state": {
        "oneOf": [
          "queued",
          "running",
          "done",
          "failed",
          "cancelled"
        ]
      },
      "progress": "number",
      "message": "string",
      "t": "integer",
      "z": "integer"
    },
    "optional": [
      "message",
      "t",
      "z"
    ],
    "defaults": {
      "message": "",
      "t": 0,
      "z": 0
    }
  },
  "Mask": {
    "fields": {
      "top": "integer",
      "left": "integer",
      "height": "integer",
      "width": "integer",
      "counts": {
        "list": "integer"
      }
    },
    "optional": [],
    "defaults": {}
  },
  "Member": {
    "fields": {
      "client_id": "string",
      "user_id": "integer",
      "name": "string",
      "colour": "string"
    },
    "optional": [],
    "defaults": {}
  },
  "News": {
    "fields": {
      "type": {
        "oneOf": [
          "news"
        ]
      },
      "clock": "integer",
      "patches": {
        "list": {
          "ref": "Patch"
        }
      },
      "presence": {
        "list": {
          "ref": "Presence"
        }
      }
    },
    "optional": [
      "patches",
      "presence"
    ],
    "defaults": {
      "patches": [],
      "presence": []
    }
  },
  "Notified": {
    "fields": {
      "type": {
        "oneOf": [
          "notified"
        ]
      },
      "unread": "integer",
      "text": "string"
    },
    "optional": [
      "text"
    ],
    "defaults": {
      "text": ""
    }
  },
  "Patch": {
    "fields": {
      "type": {
        "oneOf": [
          "patch"
        ]
      },
      "clock": "integer",
      "operation": "string",
      "kind": "string",
      "actor": "string",
      "cells": {
        "list": {
          "ref": "CellState"
        }
      },
      "removed": {
        "list": "string"
      }
    },
    "optional": [],
    "defaults": {}
  },
  "PeopleChanged": {
    "fields": {
      "type": {
        "oneOf": [
          "people"
        ]
      }
    },
    "optional": [],
    "defaults": {}
  },
  "Place": {
    "fields": {
      "row": "number",
      "col": "number"
    },
    "optional": [],
    "defaults": {}
  },
  "Pong": {
    "fields": {
      "type": {
        "oneOf": [
          "pong"
        ]
      },
      "clock": "integer"
    },
    "optional": [],
    "defaults": {}
  },
  "Presence": {
    "fields": {
      "type": {
        "oneOf": [
          "presence"
        ]
      },
      "event": {
        "oneOf": [
          "here",
          "moved",
          "holds",
          "left"
        ]
      },
      "member": {
        "ref": "Member"
      },
      "row": {
        "nullable": "number"
      },
      "col": {
        "nullable": "number"
      },
      "seen": {
        "nullable": {
          "ref": "Seen"
        }
      },
      "cells": {
        "list": "string"
      },
      "take": "boolean"
    },
    "optional": [
      "cells",
      "col",
      "row",
      "seen",
      "take"
    ],
    "defaults": {
      "row": null,
      "col": null,
      "seen": null,
      "cells": [],
      "take": false
    }
  },
  "Preview": {
    "fields": {
      "type": {
        "oneOf": [
          "preview"
        ]
      },
      "number": "integer",
      "candidates": {
        "list": {
          "ref": "Candidate"
        }
      },
      "engine": "string",
      "weights": "string",
      "preprocessing": "string",
      "engine_ms": "number"
    },
    "optional": [],
    "defaults": {}
  },
  "PromptBox": {
    "fields": {
      "top": "number",
      "left": "number",
      "bottom": "number",
      "right": "number"
    },
    "optional": [],
    "defaults": {}
  },
  "PromptPoint": {
    "fields": {
      "row": "number",
      "col": "number",
      "positive": "boolean"
    },
    "optional": [],
    "defaults": {}
  },
  "PromptScribble": {
    "fields": {
      "places": {
        "list": {
          "ref": "Place"
        }
      },
      "positive": "boolean"
    },
    "optional": [],
    "defaults": {}
  },
  "PromptSet": {
    "fields": {
      "points": {
        "list": {
          "ref": "PromptPoint"
        }
      },
      "box": {
        "nullable": {
          "ref": "PromptBox"
        }
      },
      "mask": {
        "nullable": {
          "ref": "Mask"
        }
      },
      "scribbles": {
        "list": {
          "ref": "PromptScribble"
        }
      }
    },
    "optional": [
      "box",
      "mask",
      "points",
      "scribbles"
    ],
    "defaults": {}
  },
  "Proposal": {
    "fields": {
      "type": {
        "oneOf": [
          "proposal"
        ]
      },
      "number": "integer",
      "engine": "string",
      "weights": "string",
      "preprocessing": "string",
      "cells": {
        "list": {
          "ref": "Candidate"
        }
      },
      "part": "integer",
      "last": "boolean",
      "engine_ms": "number"
    },
    "optional": [],
    "defaults": {}
  },
  "Provenance": {
    "fields": {
      "source": {
        "oneOf": [
          "hand",
          "prompt",
          "auto"
        ]
      },
      "engine": "string",
      "weights": "string",
      "preprocessing": "string",
      "score": {
        "nullable": "number"
      },
      "prompts": {
        "nullable": {
          "ref": "PromptSet"
        }
      },
      "adjudicated": {
        "nullable": {
          "ref": "Adjudicated"
        }
      }
    },
    "optional": [
      "adjudicated",
      "engine",
      "preprocessing",
      "prompts",
      "score",
      "weights"
    ],
    "defaults": {}
  },
  "Refusal": {
    "fields": {
      "type": {
        "oneOf": [
          "error"
        ]
      },
      "code": {
        "ref": "ErrorCode"
      },
      "message": "string",
      "number": {
        "nullable": "integer"
      },
      "push": {
        "nullable": "string"
      }
    },
    "optional": [
      "number",
      "push"
    ],
    "defaults": {
      "number": null,
      "push": null
    }
  },
  "RegionsChanged": {
    "fields": {
      "type": {
        "oneOf": [
          "regions"
        ]
      }
    },
    "optional": [],
    "defaults": {}
  },
  "Seen": {
    "fields": {
      "top": "number",
      "left": "number",
      "bottom": "number",
      "right": "number",
      "t": "integer",
      "z": "integer"
    },
    "optional": [
      "t",
      "z"
    ],
    "defaults": {}
  },
  "Welcome": {
    "fields": {
      "type": {
        "oneOf": [
          "welcome"
        ]
      },
      "protocol": "integer",
      "clock": "integer",
      "user_id": "integer",
      "name": "string",
      "colour": "string",
      "role": "string",
      "last_seq": "integer",
      "snapshot": {
        "nullable": {
          "list": {
            "ref": "CellState"
          }
        }
      },
      "patches": {
        "list": {
          "ref": "Patch"
        }
      },
      "undoable": {
        "nullable": "string"
      },
      "redoable": {
        "nullable": "string"
      }
    },
    "optional": [],
    "defaults": {}
  }
});
