/** What the annotator page needs from the server besides the session. Implemented by net/annotator.ts. */

import type { Box } from "../geometry/box";
import type { PixelSize } from "../geometry/measure";
import type { PlaneAt } from "../store/types";
import type { AdjudicationPort } from "./adjudication";
import type { CommentsPort } from "./comments";
import type { KeptLooks, LooksPort } from "./look-memory";
import type { HistoryPort } from "./past";
import type { TileAt } from "./pixel-tiles";
import type { LabelClass } from "./ports";
import type { RecipesPort } from "./recipes";
import type { RegionsPort } from "./regions";
import type { ImageContent } from "./viewer";

export type ImageStatus =
  | "new"
  | "assigned"
  | "in_progress"
  | "submitted"
  | "in_review"
  | "accepted"
  | "returned";

export interface Named {
  readonly id: number;
  readonly name: string;
}

/** One step of an image on its way; `cell` is what its reason is about. */
export interface Step {
  readonly actor: Named | null;
  readonly before: ImageStatus;
  readonly after: ImageStatus;
  readonly reason: string;
  readonly cell: string | null;
  readonly clock: number;
  readonly created_at: string;
}

export type Judgement = "accepted" | "rejected" | "fixed";

/** The last word on a cell, in that version of it. */
export interface Verdict {
  readonly cell: string;
  readonly version: number;
  readonly judgement: Judgement;
  readonly reason: string;
  readonly actor: Named | null;
}

/** What reviewers say of the cells of one image; both answer with all of it. */
export interface ReviewPort extends AdjudicationPort {
  verdicts(): Promise<readonly Verdict[]>;
  judge(
    cells: readonly { readonly id: string; readonly version: number }[],
    judgement: "accepted" | "rejected",
    reason: string,
  ): Promise<readonly Verdict[]>;
}

/** The way of one image. */
export interface WorkflowPort {
  steps(): Promise<readonly Step[]>;
  step(step: {
    readonly to: ImageStatus;
    readonly reason: string;
    readonly cell: string | null;
  }): Promise<ImageRow>;
  /** The image to go on with; null when there is none left. */
  next(task: "annotate" | "review"): Promise<string | null>;
}

/** An image as the filmstrip shows it. */
export interface ImageRow {
  readonly id: string;
  readonly name: string;
  readonly status: ImageStatus;
  readonly assignee: Named | null;
  readonly due_on: string | null;
  readonly cells: number;
}

/** An image as the annotator opens it. */
export interface ImageDetail extends ImageRow, ImageContent {
  /** So many planes follow each other in its file and may be something else than was said; 0 where they may not. */
  readonly planes_in_file: number;
  /** The plane that it opens at. */
  readonly opens_at: PlaneAt;
  readonly looks: KeptLooks;
  readonly pixel_um: PixelSize & { readonly z: number | null };
  /** Seconds between two frames. */
  readonly time_step: number | null;
  readonly project: { readonly id: string; readonly name: string; readonly role: string };
  readonly classes: readonly LabelClass[];
  readonly previous: string | null;
  readonly next: string | null;
  readonly position: number;
  readonly total: number;
}

export interface EngineInfo {
  readonly name: string;
  readonly title: string;
  readonly summary: string;
  readonly capabilities: readonly string[];
  readonly available: boolean;
  /** What is missing, in a sentence, where it is not available. */
  readonly problem: string;
  readonly licence: string;
  readonly notice: string;
}

/** Only what the person changed; what is missing is the engine's own default. */
export interface RunParameters {
  readonly cell_probability?: number;
  readonly flow_error?: number;
  readonly min_area?: number;
  readonly diameter?: number;
}

/** `cached`: of the flow field that is kept, as a proposal was. `first`: the part of the image that is looked at, whose
 * cells come before the others. */
export interface RunRequest extends RunParameters {
  readonly cached?: boolean;
  readonly first?: Box;
}

/** Every method rejects with an Error whose message is a sentence for the person. */
export interface AnnotatorApi {
  image(id: string): Promise<ImageDetail>;
  images(projectId: string): Promise<readonly ImageRow[]>;
  tile(id: string, at: TileAt, signal: AbortSignal): Promise<ArrayBuffer>;
  engines(): Promise<readonly EngineInfo[]>;
  run(
    imageId: string,
    engine: string,
    plane: PlaneAt,
    parameters: RunRequest,
  ): Promise<{ readonly id: string }>;
  cancel(jobId: string): Promise<void>;
  /** Has the file read once more, its planes being these; resolves when that is done. */
  correctPlanes(imageId: string, planes: string): Promise<void>;
  recipes(projectId: string): RecipesPort;
  workflow(imageId: string, projectId: string): WorkflowPort;
  review(imageId: string): ReviewPort;
  regions(imageId: string): RegionsPort;
  comments(imageId: string, projectId: string): CommentsPort;
  history(imageId: string): HistoryPort;
  looks(imageId: string): LooksPort;
  thumbnail(imageId: string): string;
  go(path: string): void;
  /** This page's address with another end, in the address bar and the clipboard; rejects where only the first worked. */
  copy(hash: string): Promise<void>;
  /** What this browser was told to keep for this person. */
  recall(name: string): string | null;
  remember(name: string, value: string): void;
}
