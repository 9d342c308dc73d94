/** THE interface between the canvas and everything that knows of servers. Made by `beginSession` (open.ts). */

import type { ReadonlySignal } from "@preact/signals-core";
import type { Mask } from "../geometry/mask";
import type {
  Candidate,
  ErrorCode,
  JobUpdate,
  PromptSet,
  Provenance,
  Seen,
  TuneParams,
} from "../protocol/messages.gen";
import type { CellView, PlaneAt } from "../store/types";

/** Where my work is. `count` is the number of operations that the server has not answered yet. `opening`: no cells yet.
 * `offline`: kept in this browser, sent when the connection is back. `signin`: the same, after signing in again.
 * `reload`: this page is too old, or somebody else is signed in now. `gone`: the image is deleted or no longer shared. */
export type SaveStatus =
  | { readonly state: "opening" | "saved" }
  | { readonly state: "saving" | "offline" | "signin" | "reload" | "gone"; readonly count: number };

/** Who I am here, once the server has said it. */
export interface Me {
  readonly clientId: string;
  readonly userId: number;
  readonly name: string;
  readonly colour: string;
  readonly role: string;
}

/** Somebody else (or another tab of mine) in this image; `row`, `col` where their pointer is, null when it is away; `seen`
 * what they look at; `holds` the cells that they are changing. */
export interface PresentMember {
  readonly clientId: string;
  readonly userId: number;
  readonly name: string;
  readonly colour: string;
  readonly row: number | null;
  readonly col: number | null;
  readonly seen: Seen | null;
  readonly holds: readonly string[];
}

/** Cells that a manager has taken over from me. */
export interface Taken {
  readonly by: string;
  readonly cells: readonly string[];
}

/** The engine's answer to my prompts. `candidates` are best first and stay visible while a newer prompt waits. */
export interface PreviewState {
  readonly number: number;
  readonly waiting: boolean;
  readonly candidates: readonly Candidate[];
  readonly engine: string;
  readonly weights: string;
  readonly preprocessing: string;
  readonly engineMs: number;
  /** The prompts that `candidates` answer: they belong into the accepted cell's provenance. */
  readonly prompts: PromptSet | null;
  readonly error: string | null;
}

export const NO_PREVIEW: PreviewState = {
  number: 0,
  waiting: false,
  candidates: [],
  engine: "",
  weights: "",
  preprocessing: "",
  engineMs: 0,
  prompts: null,
  error: null,
};

/** All cells that an engine would find with other thresholds. `cells` are null before the first answer and stay visible
 * while a newer one is awaited; they do not know of the cells that are there. */
export interface ProposalState {
  readonly number: number;
  readonly waiting: boolean;
  readonly cells: readonly Candidate[] | null;
  readonly engine: string;
  readonly engineMs: number;
  /** The thresholds that `cells` answer. */
  readonly params: TuneParams | null;
  readonly error: string | null;
}

export const NO_PROPOSAL: ProposalState = {
  number: 0,
  waiting: false,
  cells: null,
  engine: "",
  engineMs: 0,
  params: null,
  error: null,
};

/** How many notifications I have not seen; ``text`` is the newest, or empty. */
export interface Unread {
  readonly unread: number;
  readonly text: string;
}

/** A sentence for the person. */
export interface Notice {
  readonly id: number;
  readonly tone: "info" | "error";
  readonly code: ErrorCode | null;
  readonly message: string;
}

/** What the server refused of a cell. It is kept here until the person puts it on top of what the server has, keeps it as
 * a new cell, or lets it go. */
export interface UnsavedShape {
  readonly id: string;
  /** The cell that it was meant for. */
  readonly cellId: string;
  readonly plane: PlaneAt;
  readonly mask: Mask;
  readonly classId: number | null;
  readonly provenance: Provenance;
  readonly message: string;
  /** Whether the shape, the class was what I changed; `mask` and `classId` are the cell's where they were not. */
  readonly reshapes: boolean;
  readonly relabels: boolean;
}

export interface CellUpdate {
  readonly mask?: Mask;
  /** null takes the class away; left out it stays. */
  readonly classId?: number | null;
  /** Whether no tool may change it; left out it stays as it is. */
  readonly locked?: boolean;
  /** Where the new mask came from; left out the cell keeps its own. */
  readonly provenance?: Provenance;
  /** A cell of another plane, whose object it becomes a part of; its own id: an object of its own. */
  readonly joins?: string;
  /** A cell of an earlier frame that divided into this one; null for none. */
  readonly parent?: string | null;
}

/** For `apply`: several cells in one step, undone in one step. */
export type Edit =
  | {
      readonly edit: "create";
      /** The plane that is looked at where it is left out. */
      readonly plane?: PlaneAt;
      readonly mask: Mask;
      readonly classId: number | null;
      readonly provenance: Provenance;
      readonly joins?: string;
      readonly parent?: string;
    }
  | ({ readonly edit: "update"; readonly id: string } & CellUpdate)
  | { readonly edit: "delete"; readonly id: string };

export interface ImageSession {
  readonly store: CellView;
  readonly status: ReadonlySignal<SaveStatus>;
  readonly me: ReadonlySignal<Me | null>;
  readonly members: ReadonlySignal<readonly PresentMember[]>;
  /** The last word on each background job of this image, by job id. */
  readonly jobs: ReadonlySignal<ReadonlyMap<string, JobUpdate>>;
  /** Grows whenever the image's “complete here” regions may be other ones: somebody changed them, or I was away. */
  readonly regionsChanged: ReadonlySignal<number>;
  /** The same for what people say of the image. */
  readonly commentsChanged: ReadonlySignal<number>;
  /** What concerns me, once something was said of it. */
  readonly notified: ReadonlySignal<Unread | null>;
  readonly notices: ReadonlySignal<readonly Notice[]>;
  readonly unsaved: ReadonlySignal<readonly UnsavedShape[]>;

  /** The new cell's id; null where no free pixel is left, or before the image's cells have come. */
  create(mask: Mask, classId: number | null, provenance: Provenance): string | null;
  /** An empty mask deletes the cell. A mask takes only pixels that are free or the cell's own. */
  update(id: string, change: CellUpdate): void;
  delete(ids: readonly string[]): void;
  /** All in one operation, in which pixels may change hands; the ids of the created cells, null for each that found no
   * free pixel. */
  apply(edits: readonly Edit[]): (string | null)[];

  readonly canUndo: ReadonlySignal<boolean>;
  readonly canRedo: ReadonlySignal<boolean>;
  undo(): void;
  redo(): void;

  readonly preview: ReadonlySignal<PreviewState>;
  prompt(engine: string, prompts: PromptSet): void;
  /** Forget the preview and any answer still on its way. */
  cancelPrompt(): void;
  readonly proposal: ReadonlySignal<ProposalState>;
  tune(engine: string, params: TuneParams): void;
  /** Forget the proposal and any answer still on its way. */
  cancelTune(): void;
  /** Another plane comes in sight: cells, prompts and what is drawn are of that one from now on. */
  look(plane: PlaneAt): void;
  /** Have the plane ready for an engine that I am going to use. */
  prepare(engine: string): void;

  /** My pointer in image pixels, or null, null when it left the canvas, and what I see. Throttled. */
  cursor(row: number | null, col: number | null, seen: Seen | null): void;
  /** The cells that I am changing now; others leave them alone until a little while after I let go. */
  hold(cells: readonly string[]): void;
  /** The same, away from whoever holds them: for managers. */
  takeOver(cells: readonly string[]): void;
  readonly taken: ReadonlySignal<Taken | null>;
  dismissNotice(id: number): void;
  /** Make what was refused a new change of the cell as the server has it now. */
  putUnsavedOnTop(id: string): void;
  /** Keep a refused shape as a new cell (of the pixels that are free), or let it go. */
  keepUnsaved(id: string): string | null;
  dismissUnsaved(id: string): void;
  /** Resolves when everything that is not answered is in the browser's database: the page may be loaded again. */
  kept(): Promise<void>;
  close(): void;
}

/** A session that is being opened while the image's size is still asked for. */
export interface Opening {
  /** The cells come a moment later: `status` leaves `opening` then. */
  session(size: { readonly width: number; readonly height: number }): Promise<ImageSession>;
  /** There will be no session. */
  abandon(): void;
}
