/** What a file leaves open: which of its images are wanted, what its planes are, whether its labels become cells. */
import { useSignal } from "@preact/signals";
import { sentence } from "../../net/http";
import type { UploadItem, UploadQueue } from "../../net/uploads";
import type { AskedSeriesOut, QuestionOut } from "../../protocol/api.gen";
import { Dialog, FormEnd } from "../dialog";
import { counted } from "../format";
import { PlanesChoice, planesFit } from "../planes-choice";

function sizes(one: AskedSeriesOut): string {
  const more = [
    one.size_c > 1 && `${one.size_c} channels`,
    one.size_z > 1 && `${one.size_z} slices`,
    one.size_t > 1 && `${one.size_t} frames`,
  ].filter(Boolean);
  return [`${one.width} × ${one.height}`, one.dtype, ...more].join(", ");
}

interface SeriesProps {
  readonly upload: string;
  readonly series: readonly AskedSeriesOut[];
  readonly chosen: ReadonlySet<number>;
  readonly onChoose: (chosen: ReadonlySet<number>) => void;
}

function Series({ upload, series, chosen, onChoose }: SeriesProps) {
  const change = (number: number, wanted: boolean) => {
    const rest = [...chosen].filter((one) => one !== number);
    onChoose(new Set(wanted ? [...rest, number] : rest));
  };
  return (
    <fieldset>
      <legend>Import</legend>
      <ul class="asked-series">
        {series.map((one, number) => (
          <li key={one.name}>
            <label>
              {one.preview && <img src={`/api/uploads/${upload}/previews/${number}`} alt="" loading="lazy" />}
              <span class="row">
                <input
                  type="checkbox"
                  checked={chosen.has(number)}
                  disabled={one.problem !== ""}
                  onChange={(event) => change(number, event.currentTarget.checked)}
                />
                <span class="grow">{one.name}</span>
              </span>
              <span class={one.problem ? "bad" : "muted"}>{one.problem || sizes(one)}</span>
            </label>
          </li>
        ))}
      </ul>
    </fieldset>
  );
}

function Labels({
  names,
  onChange,
}: {
  readonly names: readonly string[];
  readonly onChange: (on: boolean) => void;
}) {
  return (
    <label class="row">
      <input type="checkbox" defaultChecked onChange={(event) => onChange(event.currentTarget.checked)} />
      Import its labels ({names.map((name) => name.split("/").pop()).join(", ")}) as cells
    </label>
  );
}

interface QuestionProps {
  readonly queue: UploadQueue;
  readonly item: UploadItem;
  readonly question: QuestionOut;
  readonly onClose: () => void;
}

export function QuestionDialog({ queue, item, question, onClose }: QuestionProps) {
  const { series, planes: count, labels: names } = question;
  const readable = series.flatMap((one, number) => (one.problem ? [] : [number]));
  const chosen = useSignal<ReadonlySet<number>>(new Set(readable));
  const planes = useSignal("z");
  const labels = useSignal(names.length > 0);
  const all = useSignal(true);
  const problem = useSignal("");
  const others = queue.alike(item).length - 1;
  const ready = chosen.value.size > 0 && (count === 0 || planesFit(planes.value, count));
  const send = async (event: SubmitEvent) => {
    event.preventDefault();
    try {
      const wanted = [...chosen.value].sort((one, other) => one - other);
      const answer = { series: wanted, planes: count ? planes.value : "", labels: labels.value };
      await queue.answer(item, answer, { all: all.value });
      onClose();
    } catch (error) {
      problem.value = sentence(error);
    }
  };
  return (
    <Dialog title={`What is in ${item.name}?`} onClose={onClose}>
      <form class="question" onSubmit={send}>
        {count > 0 && item.id && (
          <>
            <p>The file does not say what its planes are. The first ones:</p>
            <img
              class="strip"
              src={`/api/uploads/${item.id}/previews/0`}
              alt="The first planes beside each other"
            />
            <PlanesChoice count={count} chosen={planes} />
          </>
        )}
        {series.length > 1 && item.id && (
          <Series
            upload={item.id}
            series={series}
            chosen={chosen.value}
            onChoose={(next) => {
              chosen.value = next;
            }}
          />
        )}
        {names.length > 0 && (
          <Labels
            names={names}
            onChange={(on) => {
              labels.value = on;
            }}
          />
        )}
        <label class="row">
          <input
            type="checkbox"
            checked={all.value}
            onChange={(event) => {
              all.value = event.currentTarget.checked;
            }}
          />
          The same for {others > 0 ? `${counted(others, "other file")} that wait and for ` : ""}all files like
          it that still come
        </label>
        <FormEnd problem={problem.value} cancel="Later" disabled={!ready} onClose={onClose}>
          Import
        </FormEnd>
      </form>
    </Dialog>
  );
}
