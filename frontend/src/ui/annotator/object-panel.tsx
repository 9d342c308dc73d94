import { ArrowDown, ArrowLeft, ArrowRight, ArrowUp, Link, Pin, Split, Unlink, X } from "lucide";
import type { JSX } from "preact";
import type { Command } from "../../commands/commands";
import type { Cell, PlaneAt } from "../../store/types";
import { Icon } from "../icon";
import { CommandButton, Section } from "./controls";
import type { Annotator } from "./model";

const ARROWS = { z1: ArrowUp, "z-1": ArrowDown, t1: ArrowRight, "t-1": ArrowLeft };

/** What the selected cell is on other slices and frames, and what it divided from; nothing where an image is one plane. */
export function ObjectPanel({ model }: { model: Annotator }): JSX.Element | null {
  const { editor, across } = model;
  if (across.axes.length === 0) return null;
  const { store } = editor.session;
  const cell =
    editor.revision.value >= 0 && editor.selection.value.size === 1 ? editor.onlySelected : undefined;
  const command = (id: string): Command | undefined => model.commands.find((one) => one.id === id);
  return (
    <Section title="Object" note={<span class="count">{cell ? nameOf(cell) : ""}</span>}>
      {cell ? (
        <ObjectOf cell={cell} parts={store.objectOf(cell)} model={model} />
      ) : (
        <p class="note">Select one cell to see it on other slices and frames.</p>
      )}
      <Steps model={model} id="copy" name="Copy to" />
      <Steps model={model} id="propagate" name="Find on" />
      <div class="row object-actions">
        <CommandButton command={command("interpolate")} class="button">
          Fill between
        </CommandButton>
        <CommandButton command={command("link-objects")} class="button">
          Link all
        </CommandButton>
        <CommandButton command={command("separate-object")} class="button">
          <Icon node={Unlink} title="" /> Separate
        </CommandButton>
      </div>
      <Linking model={model} />
    </Section>
  );
}

function nameOf({ label }: Pick<Cell, "label">): string {
  return label === null ? "new" : `${label}`;
}

function planeName(model: Annotator, { t, z }: PlaneAt): string {
  const { axes } = model.across;
  return axes.map((axis) => `${axis} ${(axis === "z" ? z : t) + 1}`).join(" · ");
}

function go(model: Annotator, cell: Cell): void {
  model.editor.look(cell.plane);
  model.editor.select([cell.id]);
}

function ObjectOf({
  cell,
  parts,
  model,
}: {
  cell: Cell;
  parts: readonly Cell[];
  model: Annotator;
}): JSX.Element {
  const mother = parts.find((one) => one.parent !== null)?.parent ?? null;
  const all = [...model.editor.session.store.everywhere()];
  const before = mother === null ? undefined : all.findLast((one) => one.label === mother);
  const daughters = all.filter((one) => one.label !== null && one.parent === cell.label);
  return (
    <>
      <ul class="object-parts" aria-label="Where this object lies">
        {parts.map((one) => (
          <li key={one.id}>
            <button
              type="button"
              class="chip"
              aria-pressed={one.id === cell.id}
              onClick={() => go(model, one)}
            >
              {planeName(model, one.plane)}
            </button>
          </li>
        ))}
      </ul>
      {mother !== null && (
        <p class="note">
          Came of the division of{" "}
          {before ? (
            <button type="button" class="link" onClick={() => go(model, before)}>
              object {mother}
            </button>
          ) : (
            `object ${mother}, which is gone`
          )}
          .
        </p>
      )}
      {daughters.length > 0 && (
        <p class="note">
          Divided into{" "}
          {daughters.map((one, index) => (
            <span key={one.id}>
              {index > 0 && ", "}
              <button type="button" class="link" onClick={() => go(model, one)}>
                {nameOf(one)}
              </button>
            </span>
          ))}
          .
        </p>
      )}
    </>
  );
}

function Steps({ model, id, name }: { model: Annotator; id: string; name: string }): JSX.Element {
  const along = model.commands.filter((one) => one.id.startsWith(`${id}-`) && one.group === "Objects");
  return (
    <div class="row object-steps">
      <span class="note">{name}</span>
      {along.map((one) => (
        <CommandButton key={one.id} command={one}>
          <Icon node={ARROWS[one.id.slice(id.length + 1) as keyof typeof ARROWS]} title="" />
        </CommandButton>
      ))}
    </div>
  );
}

/** Two steps: remember a cell, then link another one to it. */
function Linking({ model }: { model: Annotator }): JSX.Element {
  const { across } = model;
  const command = (id: string): Command | undefined => model.commands.find((one) => one.id === id);
  const anchor = across.anchor.value;
  return (
    <div class="row object-actions">
      <CommandButton command={command("mark-object")} class="button" pressed={anchor !== null}>
        <Icon node={Pin} title="" /> {anchor ? `Linking to ${nameOf(anchor)}` : "Remember"}
      </CommandButton>
      {anchor && (
        <>
          <CommandButton command={command("join-object")} class="button">
            <Icon node={Link} title="" /> Join
          </CommandButton>
          <CommandButton command={command("divide-object")} class="button">
            <Icon node={Split} title="" /> Daughter
          </CommandButton>
          <button
            type="button"
            class="icon-button"
            aria-label="Remember no cell any more"
            title="Remember no cell any more"
            onClick={() => across.unmark()}
          >
            <Icon node={X} title="" />
          </button>
        </>
      )}
    </div>
  );
}
