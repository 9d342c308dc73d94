/** Waiting for a job of the server from a page. */
import type { JobOut } from "../../protocol/api.gen";
import { api } from "./api";

const POLL_MS = 500;

interface Following {
  /** What the server says of the job each time that it is asked. */
  readonly show: (job: JobOut) => void;
  /** The page is left: there is nobody to wait for. */
  readonly gone?: () => boolean;
}

export function hasEnded(job: JobOut): boolean {
  return job.state !== "queued" && job.state !== "running";
}

/** The job when it has ended, or as it was when the page was left. Rejects as `api` does. */
export async function followJob(job: JobOut, { show, gone = () => false }: Following): Promise<JobOut> {
  let now = job;
  show(now);
  while (!hasEnded(now) && !gone()) {
    await new Promise((done) => setTimeout(done, POLL_MS));
    now = await api.job(now.id);
    show(now);
  }
  return now;
}
