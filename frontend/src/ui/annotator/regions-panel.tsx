import { Focus, Maximize, Plus, Trash2 } from "lucide";
import type { JSX } from "preact";
import type { Region } from "../../editor/regions";
import { Icon } from "../icon";
import { CommandButton, Section } from "./controls";
import type { Annotator } from "./model";

/** Where all cells are annotated: draw, name, go there, delete. */
export function RegionsPanel({ model }: { model: Annotator }): JSX.Element {
  const { editor } = model;
  const { regions } = editor;
  const share = Math.round(regions.share.value * 1000) / 10;
  const { width, height } = editor.view.image;
  const command = model.commands.find((one) => one.id === "tool-region");
  return (
    <Section title="Complete here" note={<span class="count">{share.toLocaleString("en")} %</span>}>
      <progress
        class="region-share"
        max={100}
        value={share}
        aria-label="Share of the image that is complete"
      />
      {regions.list.value.length === 0 && (
        <p class="note">Mark where every cell is annotated. Exports and training can keep to these parts.</p>
      )}
      <ul class="regions">
        {regions.list.value.map((one) => (
          <RegionRow key={one.id} model={model} region={one} />
        ))}
      </ul>
      <div class="row">
        <CommandButton command={command} class="button">
          <Icon node={Plus} title="" /> Draw
        </CommandButton>
        <button
          type="button"
          class="button"
          disabled={!editor.canEdit.value}
          title="Mark the whole image as complete"
          onClick={() => void regions.create({ top: 0, left: 0, bottom: height, right: width })}
        >
          <Icon node={Maximize} title="" /> Whole image
        </button>
      </div>
    </Section>
  );
}

function RegionRow({ model, region }: { model: Annotator; region: Region }): JSX.Element {
  const { editor } = model;
  const { regions, view } = editor;
  const { id, name, top, left, bottom, right } = region;
  const may = editor.canEdit.value;
  return (
    <li class={`region-row${regions.selected.value === id ? " chosen" : ""}`}>
      <input
        type="text"
        aria-label={`Name of ${name}`}
        value={name}
        maxLength={60}
        disabled={!may}
        onFocus={() => {
          regions.selected.value = id;
        }}
        onChange={(event) => {
          const wanted = event.currentTarget.value.trim();
          if (wanted) void regions.change(id, { name: wanted });
          else event.currentTarget.value = name;
        }}
      />
      <button
        type="button"
        class="icon-button"
        title={`Go to ${name} (by ${region.author || "somebody who left"})`}
        aria-label={`Go to ${name}`}
        onClick={() => {
          regions.selected.value = id;
          view.show({ x: left, y: top, width: right - left, height: bottom - top });
        }}
      >
        <Icon node={Focus} title="" />
      </button>
      <button
        type="button"
        class="icon-button"
        title={`Delete ${name}. Its cells stay.`}
        aria-label={`Delete ${name}`}
        disabled={!may}
        onClick={() => void regions.delete(id)}
      >
        <Icon node={Trash2} title="" />
      </button>
    </li>
  );
}
