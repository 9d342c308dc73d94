import { BookOpen, Info, TriangleAlert } from "lucide";
import type { JSX } from "preact";
import type { EngineInfo } from "../../editor/page-ports";
import { Icon } from "../icon";

interface ChoiceProps {
  readonly label: string;
  readonly engines: readonly EngineInfo[];
  readonly value: string | null;
  /** What it is called to choose none; without it one has to be chosen. */
  readonly none?: string;
  onChange(name: string): void;
}

/** A choice among engines, and what there is to know of the chosen one. */
export function EngineChoice({ label, engines, value, none, onChange }: ChoiceProps): JSX.Element {
  const chosen = engines.find((one) => one.name === value);
  return (
    <div class="engine-choice">
      <label class="field">
        <span>{label}</span>
        <select
          value={value ?? ""}
          onChange={(event) => onChange(event.currentTarget.value)}
          disabled={!engines.length}
        >
          {(value === null || none !== undefined) && (
            <option value="">{none ?? (engines.length ? "No engine is ready" : "Loading engines…")}</option>
          )}
          {engines.map((one) => (
            <option key={one.name} value={one.name} disabled={!one.available}>
              {one.available ? one.title : `${one.title} (not ready)`}
            </option>
          ))}
        </select>
      </label>
      {chosen && (
        <a
          class="icon-button"
          href={`/models/${chosen.name}/`}
          target="_blank"
          rel="noreferrer"
          title={`About ${chosen.title}: weights, licence, figures`}
          aria-label={`About ${chosen.title}`}
        >
          <Icon node={BookOpen} title="" />
        </a>
      )}
    </div>
  );
}

/** What the licences of the engines in use ask to be said; once where both are the same engine. */
export function Notices({ engines }: { engines: readonly (EngineInfo | undefined)[] }): JSX.Element {
  const shown = new Map(engines.flatMap((one) => (one?.notice ? [[one.name, one] as const] : [])));
  return (
    <>
      {[...shown.values()].map((one) => (
        <p key={one.name} class="note">
          <Icon node={Info} title="" />
          <span>{one.notice}</span>
        </p>
      ))}
    </>
  );
}

/** Engines that cannot be chosen, each with the sentence that says what is missing. */
export function Missing({ engines }: { engines: readonly EngineInfo[] }): JSX.Element | null {
  const missing = engines.filter((one) => !one.available);
  if (missing.length === 0) return null;
  return (
    <details class="missing" open={missing.length === engines.length}>
      <summary>
        {missing.length} of {engines.length} engines not ready
      </summary>
      <ul>
        {missing.map((one) => (
          <li key={one.name}>
            <a href={`/models/${one.name}/`} target="_blank" rel="noreferrer">
              {one.title}
            </a>
            <span>{one.problem}</span>
          </li>
        ))}
      </ul>
    </details>
  );
}

export function Problem({ text }: { text: string }): JSX.Element {
  return (
    <p class="note warn">
      <Icon node={TriangleAlert} title="" /> <span>{text}</span>
    </p>
  );
}
