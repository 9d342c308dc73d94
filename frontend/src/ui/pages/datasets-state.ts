/** What the datasets page knows and how it gets to know it. */
import { signal } from "@preact/signals";
import type {
  ClassOut,
  DifferenceOut,
  JobOut,
  MeOut,
  ProjectOut,
  SnapshotIn,
  SnapshotOut,
  SplitsIn,
  SplitsOut,
} from "../../protocol/api.gen";
import { complain } from "../notices";
import { api } from "./api";

const POLL_MS = 500;

export function hasEnded(job: JobOut): boolean {
  return job.state !== "queued" && job.state !== "running";
}

export class DatasetsState {
  readonly me = signal<MeOut | null>(null);
  readonly project = signal<ProjectOut | null>(null);
  readonly classes = signal<readonly ClassOut[]>([]);
  readonly snapshots = signal<readonly SnapshotOut[] | null>(null);
  readonly splits = signal<SplitsOut | null>(null);
  /** The snapshot that is being made, and the one that could not be. */
  readonly making = signal<JobOut | null>(null);
  readonly difference = signal<{ title: string; found: DifferenceOut } | null>(null);

  constructor(readonly id: string) {}

  async load(): Promise<void> {
    await this.trying(async () => {
      [this.me.value, this.project.value] = await Promise.all([api.me(), api.project(this.id)]);
      [this.classes.value, this.snapshots.value, this.splits.value] = await Promise.all([
        api.classes(this.id),
        api.snapshots(this.id),
        api.splits(this.id),
      ]);
    });
  }

  async make(body: SnapshotIn): Promise<void> {
    await this.trying(async () => {
      let job = await api.createSnapshot(this.id, body);
      this.making.value = job;
      while (!hasEnded(job)) {
        await new Promise((done) => setTimeout(done, POLL_MS));
        job = await api.job(job.id);
        this.making.value = job;
      }
      if (job.state === "done") this.making.value = null;
      this.snapshots.value = await api.snapshots(this.id);
    });
  }

  async remove(snapshot: SnapshotOut): Promise<void> {
    await this.trying(async () => {
      await api.deleteSnapshot(snapshot.id);
      this.snapshots.value = await api.snapshots(this.id);
    });
  }

  /** Every snapshot is compared with the one before it. */
  async compare(newer: SnapshotOut, older: SnapshotOut): Promise<void> {
    await this.trying(async () => {
      const found = await api.changesSince(newer.id, older.id);
      this.difference.value = { title: `From “${older.name}” to “${newer.name}”`, found };
    });
  }

  async assign(body: SplitsIn): Promise<void> {
    await this.trying(async () => {
      this.splits.value = await api.assignSplits(this.id, body);
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
