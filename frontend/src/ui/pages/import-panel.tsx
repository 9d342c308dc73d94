/** Cells from another program's file, with images that come along: upload, see what it would add, add it. */
import { type Signal, useSignal } from "@preact/signals";
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
  readonly new_count: number;
  readonly images: readonly {
    readonly id: string;
    readonly name: string;
    readonly cells: number;
    readonly covered: number;
    readonly new: boolean;
  }[];
  readonly problem_count: number;
  readonly problems: readonly { readonly name: string; readonly problem: string }[];
  readonly unknown_classes: readonly string[];
}

interface FoundProps {
  readonly job: JobOut;
  readonly manages: boolean;
  readonly onAdd: (options: { makeClasses: boolean }) => void;
  readonly onClose: () => void;
}

function Found({ job, manages, onAdd, onClose }: FoundProps) {
  const report = job.result as unknown as Report;
  const makeClasses = useSignal(manages);
  const cells = report.cells - report.covered;
  const adds = [
    ...(cells > 0 ? [counted(cells, "cell")] : []),
    ...(report.new_count > 0 ? [counted(report.new_count, "image")] : []),
  ];
  return (
    <Dialog title={`What “${String(job.params.name)}” would add`} onClose={onClose}>
      <p>
        {counted(report.cells, "cell")} on {counted(report.image_count, "image")}.
        {report.new_count > 0 && ` ${counted(report.new_count, "image")} of the file will be added.`}
        {report.covered > 0 &&
          ` ${count(report.covered)} of them lie where other cells are already and will be left out.`}
      </p>
      <ul class="rows changes">
        {report.images.map((image) => (
          <li key={`${image.id} ${image.name}`} class="row">
            <span class="grow">
              {image.name} {image.new && <span class="muted">new image</span>}
            </span>
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
        <UnknownClasses names={report.unknown_classes} making={manages ? makeClasses : null} />
      )}
      <div class="actions">
        <button type="button" onClick={onClose}>
          Cancel
        </button>
        <button
          type="button"
          class="primary"
          disabled={adds.length === 0}
          onClick={() => onAdd({ makeClasses: report.unknown_classes.length > 0 && makeClasses.value })}
        >
          Add {adds.join(" and ") || "nothing"}
        </button>
      </div>
    </Dialog>
  );
}

interface UnknownProps {
  readonly names: readonly string[];
  readonly making: Signal<boolean> | null;
}

function UnknownClasses({ names, making }: UnknownProps) {
  if (!making) {
    return (
      <p class="warn">
        The project does not have these classes; their cells come without one: {names.join(", ")}. Have a
        manager make the classes first to keep them.
      </p>
    );
  }
  return (
    <div class="checks">
      <label>
        <input
          type="checkbox"
          checked={making.value}
          onChange={(event) => {
            making.value = event.currentTarget.checked;
          }}
        />
        Make the classes that the project does not have: {names.join(", ")}
      </label>
    </div>
  );
}

export function ImportPanel({
  state,
  manages,
}: {
  readonly state: DatasetsState;
  readonly manages: boolean;
}) {
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
        From Cellpose, Fiji, QuPath, COCO and others, onto images that are here; images that are in the file
        and not here come along. You see first what would be added.
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
          manages={manages}
          onClose={close}
          onAdd={(options) => {
            close();
            void state.add(found, options);
          }}
        />
      )}
    </section>
  );
}
