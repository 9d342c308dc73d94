/** What the measurements page knows and how it gets to know it. */
import { type Signal, signal } from "@preact/signals";
import type {
  ClassOut,
  DistributionOut,
  DistributionQuery,
  MeasuredOut,
  MeasureOut,
  MeOut,
  PointsOut,
  PointsQuery,
  ProjectOut,
} from "../../protocol/api.gen";
import { complain } from "../notices";
import { api, may } from "./api";
import { followJob } from "./follow-job";

/** One figure of a cell, as the page's lists name it: “area_px”, or “mean” with a channel. */
export interface Figure {
  readonly measure: MeasureOut["name"];
  readonly channel: string;
  readonly title: string;
}

/** All figures of a project, those of each channel after those of the shape. */
export function figuresOf(measured: MeasuredOut): readonly Figure[] {
  const shapes = measured.measures.filter((one) => !one.by_channel);
  const intensities = measured.measures.filter((one) => one.by_channel);
  const named = measured.channels.length > 1;
  return [
    ...shapes.map(({ name, title }) => ({ measure: name, channel: "", title })),
    ...measured.channels.flatMap((channel) =>
      intensities.map(({ name, title }) => ({
        measure: name,
        channel,
        title: named ? `${title}, ${channel}` : title,
      })),
    ),
  ];
}

export class MeasurementsState {
  readonly me = signal<MeOut | null>(null);
  readonly project = signal<ProjectOut | null>(null);
  readonly classes = signal<readonly ClassOut[]>([]);
  readonly measured = signal<MeasuredOut | null>(null);
  /** How far measuring is; empty when nothing is being measured. */
  readonly measuring = signal("");
  readonly distribution = signal<DistributionOut | null>(null);
  readonly points = signal<PointsOut | null>(null);
  private readonly asking = new Map<unknown, Promise<unknown>>();
  private gone = false;

  constructor(readonly id: string) {}

  /** Show what is measured, then measure what has changed since. */
  async load(): Promise<void> {
    await this.trying(async () => {
      const [me, project, classes, measured] = await Promise.all([
        api.me(),
        api.project(this.id),
        api.classes(this.id),
        api.measured(this.id),
      ]);
      this.me.value = me;
      this.project.value = project;
      this.classes.value = classes;
      this.measured.value = measured;
      if (measured.waiting > 0 && may.export(project.role)) await this.measure();
    });
  }

  close(): void {
    this.gone = true;
  }

  /** Counts up when there are new figures to be asked for. */
  readonly version = signal(0);

  private async measure(): Promise<void> {
    await followJob(await api.measure(this.id), {
      show: ({ message }) => {
        this.measuring.value = message || "waiting";
      },
      gone: () => this.gone,
    });
    this.measuring.value = "";
    if (this.gone) return;
    this.measured.value = await api.measured(this.id);
    this.version.value += 1;
  }

  async showDistribution(query: DistributionQuery): Promise<void> {
    await this.latest(this.distribution, () => api.distribution(this.id, query));
  }

  async showPoints(query: PointsQuery): Promise<void> {
    await this.latest(this.points, () => api.points(this.id, query));
  }

  /** An answer that was overtaken by a later question is not shown. */
  private async latest<Found>(shown: Signal<Found | null>, ask: () => Promise<Found>): Promise<void> {
    await this.trying(async () => {
      const asking = ask();
      this.asking.set(shown, asking);
      const found = await asking;
      if (this.asking.get(shown) === asking) shown.value = found;
    });
  }

  private async trying(doing: () => Promise<void>): Promise<void> {
    try {
      await doing();
    } catch (error) {
      complain(error);
    }
  }
}
