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
import { api, uploadServer } from "./api";
import { followJob } from "./follow-job";

const PART_BYTES = 4 * 1024 ** 2;

export class DatasetsState {
  readonly me = signal<MeOut | null>(null);
  readonly project = signal<ProjectOut | null>(null);
  readonly classes = signal<readonly ClassOut[]>([]);
  readonly snapshots = signal<readonly SnapshotOut[] | null>(null);
  readonly splits = signal<SplitsOut | null>(null);
  /** The snapshot that is being made, and the one that could not be. */
  readonly making = signal<JobOut | null>(null);
  /** What is being done with a file of cells, and what came of the last one. */
  readonly importing = signal("");
  readonly imported = signal("");
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
      const show = (job: JobOut) => {
        this.making.value = job;
      };
      const job = await followJob(await api.createSnapshot(this.id, body), { show });
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

  /** The job that says what the file would add; null where it was not read. */
  async read(file: File): Promise<JobOut | null> {
    let job: JobOut | null = null;
    await this.trying(async () => {
      this.imported.value = "";
      let upload = await api.createAnnotationUpload(this.id, file);
      const server = uploadServer(this.id);
      while (upload.received < file.size) {
        this.importing.value = `Uploading, ${Math.floor((100 * upload.received) / file.size)} %`;
        const part = file.slice(upload.received, upload.received + PART_BYTES);
        upload = await server.append(upload.id, upload.received, part);
      }
      job = await this.ended(await api.readAnnotations(this.id, { upload: upload.id }), "Reading");
    });
    this.importing.value = "";
    return job;
  }

  /** Classes that the project lacks are made where they are wanted. */
  async add(read: JobOut, options: { makeClasses: boolean }): Promise<void> {
    await this.trying(async () => {
      const body = { make_classes: options.makeClasses };
      const job = await this.ended(await api.addAnnotations(read.id, body), "Adding");
      if (job) this.imported.value = job.message;
      if (body.make_classes) this.classes.value = await api.classes(this.id);
    });
    this.importing.value = "";
  }

  /** The job when it is done; null, and its message shown, when it failed. */
  private async ended(job: JobOut, word: string): Promise<JobOut | null> {
    const show = ({ progress }: JobOut) => {
      this.importing.value = `${word}, ${Math.round(100 * progress)} %`;
    };
    const ended = await followJob(job, { show });
    if (ended.state === "done") return ended;
    this.imported.value = ended.message;
    return null;
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
