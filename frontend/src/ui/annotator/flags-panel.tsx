import { ChevronLeft, ChevronRight } from "lucide";
import type { JSX } from "preact";
import { FLAG_NAMES } from "../../editor/cell-table";
import { actionOf, goTo } from "../../editor/fixes";
import type { Finding } from "../../editor/inspector";
import { FLAG_KINDS, type FlagKind } from "../../quality/flags";
import { Icon } from "../icon";
import { CommandButton, keyName, Section } from "./controls";
import type { Annotator } from "./model";
import { VirtualRows } from "./virtual-rows";

/** What may be wrong with cells, the worst first, and what is proposed for it. */
export function FlagsPanel({ model }: { model: Annotator }): JSX.Element {
  const { inspector } = model.editor;
  const all = [...inspector.flags.value.values()].reduce((sum, flags) => sum + flags.length, 0);
  const waiting = inspector.waiting.value;
  const note = waiting > 0 ? `${waiting.toLocaleString("en")} to look at` : all.toLocaleString("en");
  return (
    <Section title="Flags" note={<span class="count">{note}</span>}>
      {all === 0 ? (
        <p class="note">Nothing looks wrong with the cells of this image.</p>
      ) : (
        <Findings model={model} />
      )}
    </Section>
  );
}

function Findings({ model }: { model: Annotator }): JSX.Element {
  const { editor, commands } = model;
  const { inspector } = editor;
  const findings = inspector.findings.value;
  const current = inspector.current.value;
  const at = current ? findings.findIndex((one) => keyOf(one) === keyOf(current)) : -1;
  const command = (id: string) => commands.find((one) => one.id === id);
  const kinds = countKinds([...inspector.flags.value.values()].flat().map(({ kind }) => kind));
  const onKey = (event: KeyboardEvent): boolean => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return false;
    goTo(editor, inspector.step(event.key === "ArrowDown" ? 1 : -1));
    return true;
  };
  return (
    <>
      <div class="list-bar">
        <select
          aria-label="Kind of flag"
          value={inspector.kind.value ?? ""}
          onChange={(event) => {
            inspector.kind.value = FLAG_KINDS.find((kind) => kind === event.currentTarget.value) ?? null;
          }}
        >
          <option value="">All kinds</option>
          {kinds.map(([kind, count]) => (
            <option key={kind} value={kind}>
              {FLAG_NAMES[kind]} ({count})
            </option>
          ))}
        </select>
        <CommandButton command={command("previous-flag")} class="icon-button small">
          <Icon node={ChevronLeft} title="" />
        </CommandButton>
        <CommandButton command={command("next-flag")} class="icon-button small">
          <Icon node={ChevronRight} title="" />
        </CommandButton>
      </div>
      <div class="flag-rows">
        <VirtualRows
          count={findings.length}
          at={at}
          label="Flags"
          active={current ? `flag-${keyOf(current)}` : undefined}
          onKey={onKey}
          row={(index, offset) => {
            const finding = findings[index];
            return finding && <FlagRow key={keyOf(finding)} {...{ model, finding, offset }} />;
          }}
        />
      </div>
      <Proposal model={model} />
    </>
  );
}

function keyOf({ id, flag }: Finding): string {
  return `${id}-${flag.kind}`;
}

function countKinds(kinds: readonly FlagKind[]): [FlagKind, number][] {
  return FLAG_KINDS.map((kind): [FlagKind, number] => [
    kind,
    kinds.filter((one) => one === kind).length,
  ]).filter(([, count]) => count > 0);
}

/** What is proposed for the chosen flag; the canvas shows it. */
function Proposal({ model }: { model: Annotator }): JSX.Element | null {
  const { editor, commands } = model;
  const finding = editor.inspector.current.value;
  if (!finding) return <p class="note">Choose a flag to see what is proposed for it.</p>;
  const action = actionOf(editor.session.store, finding);
  const fix = commands.find((one) => one.id === "fix-flag");
  const all = commands.find((one) => one.id === "fix-all");
  return (
    <div class="flag-proposal">
      <p class="note">
        {finding.flag.detail}.{action ? "" : " Nothing is proposed: correct it by hand."}
      </p>
      {action && (
        <div class="row">
          <button
            type="button"
            class="button"
            disabled={!fix?.enabled()}
            title={`${fix?.name} (${fix?.keys.map(keyName).join(" ")})`}
            onClick={() => fix?.run()}
          >
            {action}
          </button>
          <button
            type="button"
            class="button"
            disabled={!all?.enabled()}
            title={`${all?.name} (${all?.keys.map(keyName).join(" ")})`}
            onClick={() => all?.run()}
          >
            Fix all of this kind
          </button>
        </div>
      )}
    </div>
  );
}

function FlagRow({
  model,
  finding,
  offset,
}: {
  model: Annotator;
  finding: Finding;
  offset: number;
}): JSX.Element {
  const { editor } = model;
  const { id, flag } = finding;
  const current = editor.inspector.current.value;
  const label = editor.session.store.get(id)?.label;
  return (
    <button
      type="button"
      role="option"
      id={`flag-${keyOf(finding)}`}
      tabIndex={-1}
      aria-selected={current !== null && keyOf(current) === keyOf(finding)}
      class="cell-row"
      style={{ top: `${offset}px` }}
      title={`${flag.detail}. How bad: ${Math.round(100 * flag.severity)} of 100.`}
      onClick={() => goTo(editor, finding)}
    >
      <span class={flag.severity >= 0.5 ? "flag bad" : "flag"}>{FLAG_NAMES[flag.kind]}</span>
      <span class="word">{label ?? ""}</span>
      <meter class="severity" min={0} max={1} value={flag.severity} aria-label="How bad" />
    </button>
  );
}
