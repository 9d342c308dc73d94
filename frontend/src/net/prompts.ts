/** My clicks and the engine's answers: only the newest counts. */

import { signal } from "@preact/signals-core";
import type { Cancel, Preview, Prompt, PromptSet, Refusal } from "../protocol/messages.gen";
import type { Timers } from "./timers";
import type { PreviewState } from "./types";

const ANSWER_WITHIN_MS = 5_000;
/** After that nobody waits any more: an embedding of a large image on a slow machine takes long. */
const GIVE_UP_MS = 120_000;

const NOTHING: PreviewState = {
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

export class Prompts {
  readonly preview = signal<PreviewState>(NOTHING);
  private number = 0;
  private waiting: Prompt | null = null;
  private cancelTimer = () => {};
  private readonly send: (message: Prompt | Cancel) => boolean;
  private readonly timers: Timers;

  constructor(send: (message: Prompt | Cancel) => boolean, timers: Timers) {
    this.send = send;
    this.timers = timers;
  }

  ask(engine: string, prompts: PromptSet): void {
    this.number++;
    this.waiting = { type: "prompt", number: this.number, engine, prompts };
    this.preview.value = { ...this.preview.value, number: this.number, waiting: true, error: null };
    this.send(this.waiting);
    this.cancelTimer();
    this.cancelTimer = this.timers.after(ANSWER_WITHIN_MS, () => this.again());
  }

  cancel(): void {
    if (this.waiting) this.send({ type: "cancel", number: this.number });
    this.finish();
    this.preview.value = { ...NOTHING, number: this.number };
  }

  /** A new connection knows nothing of what the old one was asked. */
  resume(): void {
    if (this.waiting) this.send(this.waiting);
  }

  onPreview(preview: Preview): void {
    if (!this.waiting || preview.number !== this.number) return;
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

  onRefusal(refusal: Refusal): void {
    if (this.waiting && refusal.number === this.number) this.fail(refusal.message);
  }

  close(): void {
    this.finish();
  }

  private again(): void {
    this.resume();
    this.cancelTimer = this.timers.after(GIVE_UP_MS, () =>
      this.fail("The engine has not answered. Click again; drawing by hand works meanwhile."),
    );
  }

  private fail(error: string): void {
    this.finish();
    this.preview.value = { ...NOTHING, number: this.number, error };
  }

  private finish(): void {
    this.waiting = null;
    this.cancelTimer();
  }
}
