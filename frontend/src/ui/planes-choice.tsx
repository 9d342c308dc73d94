/** What planes are that follow each other in a file: all of one kind, or sizes and an order. */
import { type Signal, useSignal } from "@preact/signals";
import { counted } from "./format";

type Axis = "c" | "z" | "t";
const NAMES: Readonly<Record<Axis, string>> = { c: "Channels", z: "Slices (z)", t: "Frames (t)" };
const ONE: readonly { readonly axis: Axis; readonly text: string }[] = [
  { axis: "z", text: "Slices of a stack (z)" },
  { axis: "t", text: "Frames of a film (t)" },
  { axis: "c", text: "Channels" },
];
const ORDERS = ["czt", "ctz", "zct", "ztc", "tcz", "tzc"] as const;
type Order = (typeof ORDERS)[number];

interface Sizes {
  readonly c: number;
  readonly z: number;
  readonly t: number;
}

/** As the server reads it: axes with their sizes, those first that change first. */
export function planesText(order: string, sizes: Sizes): string {
  const axes = [...order] as Axis[];
  return axes.map((axis) => `${axis}${sizes[axis]}`).join("");
}

interface MixedProps {
  readonly count: number;
  readonly chosen: Signal<string>;
}

function Mixed({ count, chosen }: MixedProps) {
  const sizes = useSignal<Sizes>({ c: 1, z: count, t: 1 });
  const order = useSignal<Order>("czt");
  const tell = () => {
    chosen.value = planesText(order.value, sizes.value);
  };
  const product = sizes.value.c * sizes.value.z * sizes.value.t;
  return (
    <div class="mixed-planes">
      <div class="row">
        {(["c", "z", "t"] as const).map((axis) => (
          <label key={axis}>
            {NAMES[axis]}
            <input
              type="number"
              min={1}
              max={count}
              value={sizes.value[axis]}
              onInput={(event) => {
                sizes.value = { ...sizes.value, [axis]: Math.max(1, event.currentTarget.valueAsNumber || 1) };
                tell();
              }}
            />
          </label>
        ))}
      </div>
      <label>
        In the file change first
        <select
          value={order.value}
          onChange={(event) => {
            order.value = event.currentTarget.value as Order;
            tell();
          }}
        >
          {ORDERS.map((one) => (
            <option key={one} value={one}>
              {[...one].map((axis) => NAMES[axis as Axis].toLowerCase()).join(", then ")}
            </option>
          ))}
        </select>
      </label>
      {product !== count && (
        <p class="bad" role="status">
          That makes {counted(product, "plane")}; the file has {count}.
        </p>
      )}
    </div>
  );
}

/** Whether so many planes can be what was chosen. */
export function planesFit(chosen: string, count: number): boolean {
  if (chosen.length === 1) return true;
  return [...chosen.matchAll(/\d+/g)].reduce((product, [size]) => product * Number(size), 1) === count;
}

export function PlanesChoice({ count, chosen }: MixedProps) {
  return (
    <fieldset class="planes-choice">
      <legend>Its {count} planes are</legend>
      {ONE.map(({ axis, text }) => (
        <label key={axis} class="row">
          <input
            type="radio"
            name="planes"
            checked={chosen.value === axis}
            onChange={() => {
              chosen.value = axis;
            }}
          />
          {text}
        </label>
      ))}
      <label class="row">
        <input
          type="radio"
          name="planes"
          checked={chosen.value.length > 1}
          onChange={() => {
            chosen.value = planesText("czt", { c: 1, z: count, t: 1 });
          }}
        />
        Several of these
      </label>
      {chosen.value.length > 1 && <Mixed count={count} chosen={chosen} />}
    </fieldset>
  );
}
