/** Cells from another program's file: upload, see what it would add, add it. */
import { useSignal } from "@preact/signals";
import { Upload } from "lucide";
import { useRef } from "preact/hooks";
import type { JobOut } from "../../protocol/api.gen";
import { Dialog } from "../dialog";
import { count, counted } from "../format";
import { Icon } from "../icon";
import type { DatasetsState } from "./datasets-state";

interface Report {
  readonly format: string;
  readonly cells: number;
  readonly covered: number;
  readonly image_count: number;
  readonly images: readonly {
    readonly id: string;
    readonly name: string;
    readonly cells: number;
    readonly covered: number;
  }[];
  readonly problem_count: number;
  readonly problems: readonly { readonly name: string; readonly problem: string }[];
  readonly unknown_classes: readonly string[];
}

interface FoundProps {
  readonly job: JobOut;
  readonly onAdd: () => void;
  readonly onClose: () => void;
}

function Found({ job, onAdd, onClose }: FoundProps) {
  const report = job.result as unknown as Report;
  return (
    <Dialog title={`What “${String(job.params.name)}” would add`} onClose={onClose}>
      <p>
        {counted(report.cells, "cell")} on {counted(report.image_count, "image")}.
        {report.covered > 0 &&
          ` ${count(report.covered)} of them lie where other cells are already and will be left out.`}
      </p>
      <ul class="rows changes">
        {report.images.map((image) => (
          <li key={image.id} class="row">
            <span class="grow">{image.name}</span>
            {counted(image.cells, "cell")}
            {image.covered > 0 && <span class="muted">, {count(image.covered)} covered</span>}
          </li>
        ))}
      </ul>
      {report.problem_count > 0 && (
        <details class="warn" open>
          <summary>{counted(report.problem_count, "part")} of the file will be left out</summary>
          <ul>
            {report.problems.map((row, number) => (
              <li key={`${number} ${row.name}`}>
                {row.name}: {row.problem}
              </li>
            ))}
          </ul>
        </details>
      )}
      {report.unknown_classes.length > 0 && (
        <p class="warn">
          The project does not have these classes; their cells come without one:{" "}
          {report.unknown_classes.join(", ")}. Make the classes first to keep them.
        </p>
      )}
      <div class="actions">
        <button type="button" onClick={onClose}>
          Cancel
        </button>
        <button type="button" class="primary" disabled={report.cells === report.covered} onClick={onAdd}>
          Add {counted(report.cells - report.covered, "cell")}
        </button>
      </div>
    </Dialog>
  );
}

export function ImportPanel({ state }: { readonly state: DatasetsState }) {
  const input = useRef<HTMLInputElement>(null);
  const read = useSignal<JobOut | null>(null);
  const take = async (file: File) => {
    read.value = await state.read(file);
  };
  const close = () => {
    read.value = null;
  };
  const found = read.value;
  return (
    <section class="panel">
      <h2>Import cells</h2>
      <p class="muted">
        From Cellpose, Fiji, QuPath, COCO and others, onto images that are here. You see first what would be
        added.
      </p>
      <input
        ref={input}
        class="unseen"
        type="file"
        aria-label="File of cells to import"
        tabIndex={-1}
        onChange={(event) => {
          const file = event.currentTarget.files?.[0];
          event.currentTarget.value = "";
          if (file) void take(file);
        }}
      />
      <button type="button" disabled={state.importing.value !== ""} onClick={() => input.current?.click()}>
        <Icon node={Upload} title="" /> Choose a file
      </button>
      <p role="status">{state.importing.value || state.imported.value}</p>
      {found && (
        <Found
          job={found}
          onClose={close}
          onAdd={() => {
            close();
            void state.add(found);
          }}
        />
      )}
    </section>
  );
}
