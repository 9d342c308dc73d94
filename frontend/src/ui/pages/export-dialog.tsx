/** Take the labels home: choose a format, watch the job, download; the exports of the last week below. */
import { type Signal, useSignal } from "@preact/signals";
import { Download } from "lucide";
import { useEffect } from "preact/hooks";
import { sentence } from "../../net/http";
import type { FormatOut, JobOut, SnapshotOut } from "../../protocol/api.gen";
import { Dialog, FormEnd } from "../dialog";
import { count, counted } from "../format";
import { Icon } from "../icon";
import { api } from "./api";
import { When } from "./parts";

const POLL_MS = 800;

function isOpen(job: JobOut): boolean {
  return job.state === "queued" || job.state === "running";
}

interface RoundTrip {
  readonly measured: boolean;
  readonly why?: string;
  readonly cells: number;
  readonly exact: number;
  readonly missing: number;
  readonly median: number;
  readonly lowest: number;
  readonly classes: number;
}

/** What comes back when the file is read again, in one sentence. */
export function whatComesBack(found: RoundTrip): string {
  if (!found.measured) return found.why ?? "";
  const all = counted(found.cells, "cell");
  const classes = found.classes === found.cells ? "" : ` ${count(found.classes)} with their class.`;
  if (found.exact === found.cells) return `Read again: ${all}, all pixel by pixel.${classes}`;
  const missing = found.missing ? `, ${count(found.missing)} missing` : "";
  const range = `median IoU ${found.median.toFixed(3)}, lowest ${found.lowest.toFixed(2)}`;
  return `Read again: ${count(found.exact)} of ${all} pixel by pixel, ${range}${missing}.${classes}`;
}

interface JobRowProps {
  readonly job: JobOut;
  readonly title: string;
}

function JobRow({ job, title }: JobRowProps) {
  const percent = Math.round(100 * job.progress);
  const trip = job.result.round_trip as RoundTrip | undefined;
  return (
    <li class="row">
      <span class="grow">
        {title}
        {typeof job.params.name === "string" && ` of “${job.params.name}”`} · <When iso={job.created_at} />
        {job.state === "failed" && <span class="bad"> · {job.message}</span>}
        {trip && <span class="trip muted">{whatComesBack(trip)}</span>}
        {job.state === "cancelled" && <span class="muted"> · cancelled</span>}
      </span>
      {isOpen(job) && (
        <>
          <progress max={100} value={percent} aria-label={`${title}: ${percent} %`} />
          <span class="muted">{percent} %</span>
        </>
      )}
      {job.download && (
        <a class="button" href={job.download} download>
          <Icon node={Download} title="" /> Download
        </a>
      )}
    </li>
  );
}

/** Ask again for the jobs for as long as one of them has not ended. */
function useJobs(projectId: string, jobs: Signal<readonly JobOut[]>, problem: Signal<string>): void {
  const waiting = jobs.value.some(isOpen);
  useEffect(() => {
    const load = async () => {
      try {
        jobs.value = await api.exports(projectId);
      } catch (error) {
        problem.value = sentence(error);
      }
    };
    void load();
    if (!waiting) return;
    const timer = setInterval(load, POLL_MS);
    return () => clearInterval(timer);
  }, [projectId, waiting, jobs, problem]);
}

interface ExportProps {
  readonly projectId: string;
  /** What is exported: a snapshot, or the project as it is. */
  readonly snapshot?: SnapshotOut;
  /** The format that is chosen first. */
  readonly first?: string;
  readonly onClose: () => void;
}

export function ExportDialog({ projectId, snapshot, first = "label-tiff", onClose }: ExportProps) {
  const format = useSignal(first);
  const formats = useSignal<readonly FormatOut[]>([]);
  const jobs = useSignal<readonly JobOut[]>([]);
  const problem = useSignal("");
  useJobs(projectId, jobs, problem);
  useEffect(() => {
    const load = async () => {
      try {
        formats.value = await api.formats();
      } catch (error) {
        problem.value = sentence(error);
      }
    };
    void load();
  }, [formats, problem]);
  const titleOf = (job: JobOut) =>
    formats.value.find((choice) => choice.name === job.params.format)?.title ?? "Export";
  const start = async (event: SubmitEvent) => {
    event.preventDefault();
    try {
      const job = await api.createExport(projectId, {
        format: format.value,
        snapshot: snapshot?.id ?? null,
      });
      problem.value = "";
      jobs.value = [job, ...jobs.value];
    } catch (error) {
      problem.value = sentence(error);
    }
  };
  return (
    <Dialog title={snapshot ? `Export “${snapshot.name}”` : "Export cells"} onClose={onClose}>
      <form onSubmit={start}>
        <fieldset class="choices">
          <legend class="unseen">Format</legend>
          {formats.value.map((choice) => (
            <label key={choice.name} class="choice">
              <input
                type="radio"
                name="format"
                checked={format.value === choice.name}
                onChange={() => {
                  format.value = choice.name;
                }}
              />
              <span>
                <strong>{choice.title}</strong>
                <span class="muted">{choice.summary}</span>
              </span>
            </label>
          ))}
        </fieldset>
        <FormEnd problem={problem.value} cancel="Close" onClose={onClose}>
          Export
        </FormEnd>
      </form>
      <h3>Exports of the last week</h3>
      <ul class="rows jobs">
        {jobs.value.map((job) => (
          <JobRow key={job.id} job={job} title={titleOf(job)} />
        ))}
        {jobs.value.length === 0 && <li class="muted">None yet.</li>}
      </ul>
    </Dialog>
  );
}
