/** Sizes, shapes and intensities of all cells of a project: distributions by group, and figures against each other. */
import { type Signal, useSignal } from "@preact/signals";
import { Download } from "lucide";
import { useEffect, useMemo } from "preact/hooks";
import type { DistributionQuery, PointsOut } from "../../protocol/api.gen";
import { count, counted } from "../format";
import { Icon } from "../icon";
import { Notices } from "../notices";
import { may, measurementsTable } from "./api";
import { ExportDialog } from "./export-dialog";
import { type Figure, figuresOf, MeasurementsState } from "./measurements-state";
import { Empty, ProjectBar, ProjectHead } from "./parts";
import { DistributionTable, Scatter } from "./plot-views";
import { outliers, short } from "./plots";

type Split = DistributionQuery["split"];
type By = DistributionQuery["by"];
const SPLITS: readonly { readonly value: Split; readonly word: string }[] = [
  { value: "", word: "All" },
  { value: "train", word: "Training" },
  { value: "validation", word: "Validation" },
  { value: "test", word: "Test" },
  { value: "none", word: "No place yet" },
];
const GROUPS: readonly { readonly value: By; readonly word: string; readonly heading: string }[] = [
  { value: "class", word: "by class", heading: "Class" },
  { value: "image", word: "by image", heading: "Image" },
  { value: "split", word: "by split", heading: "Split" },
  { value: "", word: "together", heading: "Cells" },
];
const MOST_OUTLIERS = 8;

interface PickerProps<Value extends string> {
  readonly label: string;
  readonly chosen: Signal<Value>;
  readonly options: readonly { readonly value: Value; readonly word: string }[];
}

function Picker<Value extends string>({ label, chosen, options }: PickerProps<Value>) {
  return (
    <label class="picker">
      {label}
      <select
        value={chosen.value}
        onChange={(event) => {
          const found = options.find((one) => one.value === event.currentTarget.value);
          if (found) chosen.value = found.value;
        }}
      >
        {options.map((one) => (
          <option key={one.value} value={one.value}>
            {one.word}
          </option>
        ))}
      </select>
    </label>
  );
}

const keyOf = (figure: Figure): string => `${figure.measure} ${figure.channel}`;

interface PanelProps {
  readonly state: MeasurementsState;
  readonly figures: readonly Figure[];
  readonly split: Split;
  readonly physical: boolean;
}

function Distributions({ state, figures, split, physical }: PanelProps) {
  const chosen = useSignal(keyOf({ measure: "area_px", channel: "", title: "" }));
  const by = useSignal<By>("class");
  const figure = figures.find((one) => keyOf(one) === chosen.value) ?? figures[0];
  const query: DistributionQuery | null = figure
    ? { measure: figure.measure, channel: figure.channel, by: by.value, classes: "", split, physical }
    : null;
  const asked = JSON.stringify(query);
  const version = state.version.value;
  useEffect(() => {
    if (query) void state.showDistribution(query);
  }, [state, asked, version]);
  const found = state.distribution.value;
  const colours = new Map(state.classes.value.map((one) => [String(one.id), one.colour]));
  const group = GROUPS.find((one) => one.value === by.value);
  return (
    <section class="panel">
      <div class="panel-head">
        <h2>How are they distributed?</h2>
        <Picker
          label="Figure"
          chosen={chosen}
          options={figures.map((one) => ({ value: keyOf(one), word: one.title }))}
        />
        <Picker label="Cells" chosen={by} options={GROUPS} />
        <span class="spacer" />
        {query && (
          <a class="button" href={measurementsTable(state.id, query)} download>
            <Icon node={Download} title="" /> CSV
          </a>
        )}
      </div>
      {found && (
        <DistributionTable
          found={found}
          heading={group?.heading ?? ""}
          colours={by.value === "class" ? colours : new Map()}
        />
      )}
      {found && found.group_count > found.groups.length && (
        <p class="muted">
          The first {count(found.groups.length)} of {count(found.group_count)} are shown.
        </p>
      )}
      {found && found.without > 0 && (
        <p class="muted">{counted(found.without, "cell")} of images that do not have this are left out.</p>
      )}
    </section>
  );
}

function Outliers({ points }: { readonly points: PointsOut }) {
  const far = outliers(points.x, points.y, MOST_OUTLIERS);
  if (far.length === 0) return null;
  return (
    <div class="outliers">
      <h3>Furthest from the others</h3>
      <ul class="rows">
        {far.map((index) => (
          <li key={points.ids[index]} class="row">
            <a class="grow" href={points.links[index] ?? ""}>
              {points.images[index]}
            </a>
            <span class="muted">
              {short(points.x[index] ?? 0)}, {short(points.y[index] ?? 0)}
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}

function Pairs({ state, figures, split, physical }: PanelProps) {
  const chosen = {
    x: useSignal(keyOf({ measure: "area_px", channel: "", title: "" })),
    y: useSignal(keyOf({ measure: "eccentricity", channel: "", title: "" })),
  };
  const options = figures.map((one) => ({ value: keyOf(one), word: one.title }));
  const x = figures.find((one) => keyOf(one) === chosen.x.value) ?? figures[0];
  const y = figures.find((one) => keyOf(one) === chosen.y.value) ?? figures[0];
  const query =
    x && y
      ? {
          x: x.measure,
          x_channel: x.channel,
          y: y.measure,
          y_channel: y.channel,
          classes: "",
          split,
          physical,
        }
      : null;
  const asked = JSON.stringify(query);
  const version = state.version.value;
  useEffect(() => {
    if (query) void state.showPoints(query);
  }, [state, asked, version]);
  const points = state.points.value;
  const titled = (title: string | undefined, unit: string) => `${title ?? ""}${unit && ` (${unit})`}`;
  return (
    <section class="panel">
      <div class="panel-head">
        <h2>How do they hang together?</h2>
        <Picker label="Across" chosen={chosen.x} options={options} />
        <Picker label="Up" chosen={chosen.y} options={options} />
      </div>
      {points && points.ids.length > 0 && (
        <div class="pairs">
          <Scatter
            points={points}
            titles={[titled(x?.title, points.x_unit), titled(y?.title, points.y_unit)]}
            classes={state.classes.value}
          />
          <Outliers points={points} />
        </div>
      )}
      {points?.ids.length === 0 && <p class="muted">No cell has both figures.</p>}
    </section>
  );
}

function Figures({ state }: { readonly state: MeasurementsState }) {
  const measured = state.measured.value;
  const split = useSignal<Split>("");
  const unit = useSignal<"px" | "um">("px");
  const figures = useMemo(() => (measured ? figuresOf(measured) : []), [measured]);
  if (!measured) return null;
  if (measured.cells === 0) {
    return state.measuring.value ? null : (
      <Empty text="There is nothing to measure yet. Draw or find cells in an image, then come back." />
    );
  }
  return (
    <>
      <div class="filters">
        <Picker label="Images for" chosen={split} options={SPLITS} />
        {measured.physical && (
          <Picker
            label="Lengths in"
            chosen={unit}
            options={[
              { value: "px", word: "pixels" },
              { value: "um", word: "µm" },
            ]}
          />
        )}
        <span class="muted">
          {counted(measured.cells, "cell")} of {counted(measured.images, "image")}
        </span>
      </div>
      <Distributions state={state} figures={figures} split={split.value} physical={unit.value === "um"} />
      <Pairs state={state} figures={figures} split={split.value} physical={unit.value === "um"} />
    </>
  );
}

export function MeasurementsPage({ id }: { readonly id: string }) {
  const state = useMemo(() => new MeasurementsState(id), [id]);
  const exporting = useSignal(false);
  useEffect(() => {
    void state.load();
    return () => state.close();
  }, [state]);
  const project = state.project.value;
  const measuring = state.measuring.value;
  return (
    <>
      <ProjectBar me={state.me.value} />
      <main class="page measurements" aria-busy={project === null}>
        {project && (
          <>
            <ProjectHead project={project} here="measurements">
              {may.export(project.role) && (
                <button
                  type="button"
                  onClick={() => {
                    exporting.value = true;
                  }}
                >
                  <Icon node={Download} title="" /> Every cell as a table
                </button>
              )}
            </ProjectHead>
            <p role="status" class="muted measuring">
              {measuring && `Measuring what has changed: ${measuring}`}
            </p>
            <Figures state={state} />
          </>
        )}
      </main>
      {exporting.value && (
        <ExportDialog
          projectId={id}
          first="measurements"
          onClose={() => {
            exporting.value = false;
          }}
        />
      )}
      <Notices />
    </>
  );
}
