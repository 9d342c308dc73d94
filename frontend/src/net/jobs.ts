import type { JobUpdate } from "../protocol/messages.gen";

export type Jobs = ReadonlyMap<string, JobUpdate>;

/** The last word on each background job; an embedding has no id, there is one per engine and plane. */
export function withJob(jobs: Jobs, job: JobUpdate): Jobs {
  return new Map(jobs).set(job.job ?? `${job.kind} ${job.engine} ${job.t} ${job.z}`, job);
}
