/** What I ask the engines, one thing at a time: the mask at my clicks, or all cells at other thresholds. Only the newest
 * counts, and a new question ends the one before, of whichever kind. */

import { signal } from "@preact/signals-core";
import type {
  Cancel,
  Candidate,
  Preview,
  Prompt,
  PromptSet,
  Proposal,
  Refusal,
  Tune,
  TuneParams,
} from "../protocol/messages.gen";
import type { PlaneAt } from "../store/types";
import type { Timers } from "./timers";
import { NO_PREVIEW, NO_PROPOSAL, type PreviewState, type ProposalState } from "./types";

const ANSWER_WITHIN_MS = 5_000;
/** After that nobody waits any more: an embedding of a large image on a slow machine takes minutes. */
const GIVE_UP_MS = 660_000;

export class Prompts {
  readonly preview = signal<PreviewState>(NO_PREVIEW);
  readonly proposal = signal<ProposalState>(NO_PROPOSAL);
  private number = 0;
  private waiting: Prompt | Tune | null = null;
  private parts: Candidate[] = [];
  private cancelTimer = () => {};
  private readonly send: (message: Prompt | Tune | Cancel) => boolean;
  private readonly timers: Timers;

  constructor(send: (message: Prompt | Tune | Cancel) => boolean, timers: Timers) {
    this.send = send;
    this.timers = timers;
  }

  ask(engine: string, prompts: PromptSet, { t, z }: PlaneAt): void {
    this.proposal.value = NO_PROPOSAL;
    const { preview } = this;
    this.start({ type: "prompt", number: this.number + 1, engine, prompts, t, z });
    preview.value = { ...preview.value, number: this.number, waiting: true, error: null };
  }

  tune(engine: string, params: TuneParams, { t, z }: PlaneAt): void {
    this.preview.value = NO_PREVIEW;
    const { proposal } = this;
    const before = proposal.value.engine === engine ? proposal.value : NO_PROPOSAL;
    this.start({ type: "tune", number: this.number + 1, engine, params, t, z });
    proposal.value = { ...before, number: this.number, waiting: true, error: null };
  }

  private start(message: Prompt | Tune): void {
    this.number = message.number;
    this.waiting = message;
    this.parts = [];
    this.send(message);
    this.cancelTimer();
    this.cancelTimer = this.timers.after(ANSWER_WITHIN_MS, () => this.again());
  }

  cancel(): void {
    this.drop("prompt");
    this.preview.value = { ...NO_PREVIEW, number: this.number };
  }

  cancelTune(): void {
    this.drop("tune");
    this.proposal.value = { ...NO_PROPOSAL, number: this.number };
  }

  private drop(type: "prompt" | "tune"): void {
    if (this.waiting?.type !== type) return;
    this.send({ type: "cancel", number: this.number });
    this.finish();
  }

  /** A new connection knows nothing of what the old one was asked. */
  resume(): void {
    this.parts = [];
    if (this.waiting) this.send(this.waiting);
  }

  onPreview(preview: Preview): void {
    if (this.waiting?.type !== "prompt" || preview.number !== this.number) return;
    const { prompts } = this.waiting;
    this.finish();
    this.preview.value = {
      number: preview.number,
      waiting: false,
      candidates: preview.candidates,
      engine: preview.engine,
      weights: preview.weights,
      preprocessing: preview.preprocessing,
      engineMs: preview.engine_ms,
      prompts,
      error: null,
    };
  }

  /** A part that comes again, because it was asked again, begins anew; one that does not follow is of no use. */
  onProposal(proposal: Proposal): void {
    if (this.waiting?.type !== "tune" || proposal.number !== this.number) return;
    if (proposal.part === 0) this.parts = [];
    this.parts.push(...proposal.cells);
    if (!proposal.last) return;
    const { params } = this.waiting;
    this.finish();
    const { number, engine, engine_ms: engineMs } = proposal;
    this.proposal.value = {
      number,
      waiting: false,
      cells: this.parts,
      engine,
      engineMs,
      params,
      error: null,
    };
    this.parts = [];
  }

  onRefusal(refusal: Refusal): void {
    if (this.waiting && refusal.number === this.number) this.fail(refusal.message);
  }

  close(): void {
    this.finish();
  }

  private again(): void {
    this.resume();
    this.cancelTimer = this.timers.after(GIVE_UP_MS, () =>
      this.fail("The engine has not answered. Try again; drawing by hand works meanwhile."),
    );
  }

  private fail(error: string): void {
    const type = this.waiting?.type;
    this.finish();
    if (type === "tune") this.proposal.value = { ...NO_PROPOSAL, number: this.number, error };
    else this.preview.value = { ...NO_PREVIEW, number: this.number, error };
  }

  private finish(): void {
    this.waiting = null;
    this.cancelTimer();
  }
}
