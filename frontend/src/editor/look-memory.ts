/** Keeps how a person looks at images, so that the next one of its kind opens alike. */

import { effect, type Signal, signal } from "@preact/signals";
import type { ChannelLook, Looks } from "./looks";
import { sentence } from "./sentence";
import type { View } from "./view";

/** `same_contrast`: minimum and maximum are for all images of a kind; otherwise each opens with its own. */
export interface KeptLook extends Looks {
  readonly projected: boolean;
  readonly same_contrast: boolean;
}

export interface KeptLooks {
  readonly mine: KeptLook | null;
  readonly project: KeptLook | null;
}

export interface LooksPort {
  /** null: forget them. */
  keepMine(looks: KeptLook | null): Promise<void>;
  keepForAll(looks: KeptLook | null): Promise<void>;
}

const AFTER_MS = 1_000;

/** What is kept, on an image whose own looks are `own`. */
export function withKept(own: Looks, kept: KeptLook | null): Looks {
  if (!kept || kept.channels.length !== own.channels.length) return own;
  const channels = own.channels.map((look, index): ChannelLook => {
    const { min, max, ...rest } = kept.channels[index] ?? look;
    return kept.same_contrast ? { ...rest, min, max } : { ...rest, min: look.min, max: look.max };
  });
  return { channels, inverted: kept.inverted };
}

export class LookMemory {
  readonly sameContrast: Signal<boolean>;
  /** Whether something is kept for me, for everybody. */
  readonly mine: Signal<boolean>;
  readonly project: Signal<boolean>;
  private timer: ReturnType<typeof setTimeout> | undefined;
  /** What I have not chosen: how the image opened, or what a link said. */
  private given: string;
  private readonly stop: () => void;

  constructor(
    private readonly view: View,
    private readonly own: Looks,
    private kept: KeptLooks,
    private readonly port: LooksPort,
    private readonly say: (message: string) => void,
  ) {
    this.sameContrast = signal((kept.mine ?? kept.project)?.same_contrast ?? false);
    this.mine = signal(kept.mine !== null);
    this.project = signal(kept.project !== null);
    this.show(kept.mine ?? kept.project);
    this.given = this.text;
    this.stop = effect(() => {
      const { text } = this;
      clearTimeout(this.timer);
      if (text !== this.given) this.timer = setTimeout(() => void this.keep(), AFTER_MS);
    });
  }

  private get now(): KeptLook {
    return {
      ...this.view.looks.value,
      projected: this.view.projected.value,
      same_contrast: this.sameContrast.value,
    };
  }

  private get text(): string {
    return JSON.stringify(this.now);
  }

  private show(kept: KeptLook | null): void {
    this.view.looks.value = withKept(this.own, kept);
    this.view.projected.value = kept?.projected ?? false;
    this.sameContrast.value = kept?.same_contrast ?? false;
  }

  /** What is shown now was not chosen by me: a link led here. */
  adopt(): void {
    clearTimeout(this.timer);
    this.given = this.text;
  }

  private async keep(): Promise<void> {
    const { now } = this;
    this.given = this.text;
    this.mine.value = await this.tell(this.port.keepMine(now), this.mine.peek(), true);
    this.kept = { ...this.kept, mine: now };
  }

  /** For everybody in the project who has chosen nothing; null takes it back. */
  async keepForAll(looks: KeptLook | null = this.now): Promise<void> {
    const isKept = looks !== null;
    this.project.value = await this.tell(this.port.keepForAll(looks), this.project.peek(), isKept);
    if (this.project.peek() !== isKept) return;
    this.kept = { ...this.kept, project: looks };
    this.say(
      isKept
        ? "Everybody who has chosen nothing else sees these images like this now."
        : "These images open as their files say again.",
    );
  }

  /** As the project shows these images; without that, as the file says. */
  async reset(): Promise<void> {
    this.mine.value = await this.tell(this.port.keepMine(null), this.mine.peek(), false);
    if (this.mine.peek()) return;
    this.kept = { ...this.kept, mine: null };
    this.show(this.kept.project);
    this.adopt();
  }

  private async tell(done: Promise<void>, before: boolean, after: boolean): Promise<boolean> {
    try {
      await done;
      return after;
    } catch (error) {
      this.say(sentence(error));
      return before;
    }
  }

  /** What was chosen a moment ago is kept all the same. */
  close(): void {
    this.stop();
    clearTimeout(this.timer);
    if (this.text !== this.given) void this.keep();
  }
}
