/** Take the labels home: choose a format, watch the job, download; the exports of the last week below. */
import { type Signal, useSignal } from "@preact/signals";
import { Download } from "lucide";
import { useEffect } from "preact/hooks";
import { sentence } from "../../net/http";
import type { JobOut } from "../../protocol/api.gen";
import { Dialog } from "../dialog";
import { Icon } from "../icon";
import { api } from "./api";
import { When } from "./parts";

const POLL_MS = 800;
const FORMATS = [
  {
    value: "label-tiff",
    title: "Label TIFF",
    text: "One image of cell numbers for each image. For Fiji, CellProfiler, napari, Cellpose.",
  },
  {
    value: "coco",
    title: "COCO",
    text: "One JSON file with every cell as run lengths, with its class. For training detectors.",
  },
];

function isOpen(job: JobOut): boolean {
  return job.state === "queued" || job.state === "running";
}

function formatOf(job: JobOut): string {
  return FORMATS.find((format) => format.value === job.params.format)?.title ?? "Export";
}

function JobRow({ job }: { readonly job: JobOut }) {
  const percent = Math.round(100 * job.progress);
  return (
    <li class="row">
      <span class="grow">
        {formatOf(job)} · <When iso={job.created_at} />
        {job.state === "failed" && <span class="bad"> · {job.message}</span>}
        {job.state === "cancelled" && <span class="muted"> · cancelled</span>}
      </span>
      {isOpen(job) && (
        <>
          <progress max={100} value={percent} aria-label={`${formatOf(job)}: ${percent} %`} />
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
  readonly onClose: () => void;
}

export function ExportDialog({ projectId, onClose }: ExportProps) {
  const format = useSignal("label-tiff");
  const jobs = useSignal<readonly JobOut[]>([]);
  const problem = useSignal("");
  useJobs(projectId, jobs, problem);
  const start = async (event: SubmitEvent) => {
    event.preventDefault();
    try {
      const job = await api.createExport(projectId, format.value);
      problem.value = "";
      jobs.value = [job, ...jobs.value];
    } catch (error) {
      problem.value = sentence(error);
    }
  };
  return (
    <Dialog title="Export cells" onClose={onClose}>
      <form onSubmit={start}>
        <fieldset>
          <legend class="unseen">Format</legend>
          {FORMATS.map((choice) => (
            <label key={choice.value} class="choice">
              <input
                type="radio"
                name="format"
                checked={format.value === choice.value}
                onChange={() => {
                  format.value = choice.value;
                }}
              />
              <span>
                <strong>{choice.title}</strong>
                <span class="muted">{choice.text}</span>
              </span>
            </label>
          ))}
        </fieldset>
        <p class="bad" role="alert">
          {problem.value}
        </p>
        <div class="actions">
          <button type="button" onClick={onClose}>
            Close
          </button>
          <button type="submit" class="primary">
            Export
          </button>
        </div>
      </form>
      <h3>Exports of the last week</h3>
      <ul class="rows jobs">
        {jobs.value.map((job) => (
          <JobRow key={job.id} job={job} />
        ))}
        {jobs.value.length === 0 && <li class="muted">None yet.</li>}
      </ul>
    </Dialog>
  );
}
