/** What the network sees: channels, projection and values that go in, with a picture; managers change it. */

import { type Signal, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import type { ChannelInfo } from "../../editor/looks";
import { firstRecipe, type Recipe, withRanges } from "../../editor/recipes";
import { sentence } from "../../editor/sentence";
import { Dialog } from "../dialog";
import type { Annotator } from "./model";

const MANAGERS = ["owner", "manager"];
const COLOURS = ["Red", "Green", "Blue"];
const LATER_MS = 250;

export function NetworkView({ model }: { model: Annotator }): JSX.Element {
  const open = useSignal(false);
  return (
    <>
      <button
        type="button"
        class="button"
        onClick={() => {
          open.value = true;
        }}
      >
        What the network sees…
      </button>
      {open.value && (
        <RecipeDialog
          model={model}
          onClose={() => {
            open.value = false;
          }}
        />
      )}
    </>
  );
}

interface FieldsProps {
  readonly recipe: Signal<Recipe>;
  readonly info: readonly ChannelInfo[];
  readonly slices: number;
  readonly disabled: boolean;
}

function Fields({ recipe, info, slices, disabled }: FieldsProps): JSX.Element {
  const change = (part: Partial<Recipe>): void => {
    recipe.value = withRanges({ ...recipe.value, ...part }, info);
  };
  const { channels, projection, scaling } = recipe.value;
  const setChannel = (at: number, c: number): void => {
    change({ channels: channels.map((one, index) => (index === at ? c : one)), ranges: [] });
  };
  return (
    <fieldset disabled={disabled}>
      <label>
        Colours
        <select
          value={String(channels.length)}
          onChange={(event) => {
            const [first = 0, second = first, third = second] = channels;
            change({
              channels: event.currentTarget.value === "1" ? [first] : [first, second, third],
              ranges: [],
            });
          }}
        >
          <option value="1">One channel, grey</option>
          <option value="3">Three channels: red, green and blue</option>
        </select>
      </label>
      {channels.map((c, at) => (
        <label key={COLOURS[at]}>
          {channels.length === 1 ? "Channel" : COLOURS[at]}
          <select value={String(c)} onChange={(event) => setChannel(at, Number(event.currentTarget.value))}>
            {info.map((one, number) => (
              <option key={`${number} ${one.name}`} value={String(number)}>
                {one.name || `Channel ${number + 1}`}
              </option>
            ))}
          </select>
        </label>
      ))}
      {slices > 1 && (
        <label>
          Slices
          <select
            value={projection}
            onChange={(event) => change({ projection: event.currentTarget.value as Recipe["projection"] })}
          >
            <option value="none">The one that is looked at</option>
            <option value="max">Maximum over all {slices}</option>
            <option value="mean">Mean over all {slices}</option>
          </select>
        </label>
      )}
      <label>
        Values
        <select
          value={scaling}
          onChange={(event) =>
            change({ scaling: event.currentTarget.value as Recipe["scaling"], ranges: [] })
          }
        >
          <option value="values">As they are</option>
          <option value="image">Each channel between the darkest and brightest of the whole image</option>
          <option value="fixed">Between values of mine</option>
        </select>
      </label>
      {scaling === "fixed" && <Ranges recipe={recipe} />}
    </fieldset>
  );
}

function Ranges({ recipe }: { readonly recipe: Signal<Recipe> }): JSX.Element {
  const set = (at: number, side: number, value: number): void => {
    const ranges = recipe.value.ranges.map((pair, index) =>
      index === at ? pair.map((old, which) => (which === side ? value : old)) : pair,
    );
    if (Number.isFinite(value)) recipe.value = { ...recipe.value, ranges };
  };
  return (
    <>
      {recipe.value.ranges.map((pair, at) => (
        <div class="row" key={COLOURS[at]}>
          {pair.map((value, side) => (
            <label key={side === 0 ? "black" : "white"}>
              {side === 0 ? "Black at" : "White at"}
              <input
                type="number"
                step="any"
                value={value}
                onChange={(event) => set(at, side, event.currentTarget.valueAsNumber)}
              />
            </label>
          ))}
        </div>
      ))}
    </>
  );
}

/** The picture for a recipe, a moment after it was changed last. */
function usePicture(
  model: Annotator,
  engine: string,
  recipe: Signal<Recipe>,
  problem: Signal<string>,
): string {
  const url = useSignal("");
  const wanted = recipe.value;
  const plane = model.editor.view.position.value;
  useEffect(() => {
    let gone = false;
    const timer = setTimeout(async () => {
      try {
        const { id, project } = model.image.peek();
        const picture = await model.api.recipes(project.id).look(id, engine, wanted, plane);
        if (!gone) url.value = URL.createObjectURL(picture);
        problem.value = "";
      } catch (error) {
        if (!gone) problem.value = sentence(error);
      }
    }, LATER_MS);
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [model, engine, wanted, plane, url, problem]);
  useEffect(() => () => URL.revokeObjectURL(url.value), [url.value]);
  return url.value;
}

function RecipeDialog({ model, onClose }: { model: Annotator; onClose: () => void }): JSX.Element {
  const { project, rgb, channel_info: info, size_z: slices } = model.image.value;
  const { promptEngine, findEngine } = model.editor;
  const engine = useSignal(promptEngine.value ?? findEngine.value ?? "starter");
  const recipe = useSignal(firstRecipe(rgb));
  const problem = useSignal("");
  const manages = MANAGERS.includes(project.role);
  const port = model.api.recipes(project.id);
  const name = engine.value;
  useEffect(() => {
    const load = async (): Promise<void> => {
      try {
        recipe.value = (await port.list()).find((one) => one.engine === name) ?? firstRecipe(rgb);
      } catch (error) {
        problem.value = sentence(error);
      }
    };
    void load();
  }, [name]);
  const picture = usePicture(model, name, recipe, problem);
  const keep = async (request: Promise<unknown>): Promise<void> => {
    try {
      await request;
      if (model.engineNamed(name)?.capabilities.includes("prompt")) model.editor.session.prepare(name);
      onClose();
    } catch (error) {
      problem.value = sentence(error);
    }
  };
  const { channels, projection, scaling, ranges } = recipe.value;
  return (
    <Dialog title="What the network sees" onClose={onClose}>
      <form
        class="question"
        onSubmit={(event) => {
          event.preventDefault();
          void keep(port.keep(name, { channels, projection, scaling, ranges }));
        }}
      >
        <p class="muted">
          For all images of this project, whatever is displayed. Cells keep how theirs were made.
        </p>
        <label>
          Engine
          <select
            value={name}
            onChange={(event) => {
              engine.value = event.currentTarget.value;
            }}
          >
            {model.engines.value.map((one) => (
              <option key={one.name} value={one.name}>
                {one.title}
              </option>
            ))}
          </select>
        </label>
        {picture && <img class="strip" src={picture} alt="What the network gets of this plane" />}
        <Fields recipe={recipe} info={info} slices={slices} disabled={!manages} />
        {problem.value && (
          <p class="bad" role="alert">
            {problem.value}
          </p>
        )}
        <div class="actions">
          {manages && (
            <button type="button" onClick={() => void keep(port.forget(name))}>
              As at first
            </button>
          )}
          <button type="button" onClick={onClose}>
            {manages ? "Cancel" : "Close"}
          </button>
          {manages && (
            <button type="submit" class="primary">
              Use it
            </button>
          )}
        </div>
      </form>
    </Dialog>
  );
}
