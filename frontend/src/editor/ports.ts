/** What the editor needs from outside. The session's types live beside the code that knows of servers; this is the only
 * place of the canvas that names them, and it takes types alone. */

export type {
  Edit,
  ImageSession,
  Me,
  Notice,
  PresentMember,
  PreviewState,
  ProposalState,
  SaveStatus,
  Taken,
  UnsavedShape,
} from "../net/types";
export type {
  Candidate,
  JobUpdate,
  Place,
  PromptBox,
  PromptPoint,
  PromptScribble,
  PromptSet,
  Provenance,
  Seen,
} from "../protocol/messages.gen";

/** What a cell can be; ``key`` is the digit that chooses it, or empty. */
export interface LabelClass {
  readonly id: number;
  readonly name: string;
  readonly colour: string;
  readonly key: string;
}

/** A sentence from the canvas itself, shown like the session's notices. */
export interface LocalNotice {
  readonly id: number;
  readonly message: string;
}
