/** The models: a list, and for each a card that says what it is, what it needs and what was measured. */
import { useSignal } from "@preact/signals";
import { ArrowLeft, CircleCheck, CircleDashed } from "lucide";
import { useEffect } from "preact/hooks";
import type { EngineOut, FigureOut, MeOut, WeightsOut } from "../../protocol/api.gen";
import { bytes, count } from "../format";
import { Icon } from "../icon";
import { complain, Notices } from "../notices";
import { api } from "./api";
import { TopBar } from "./parts";

const CAPABILITIES: Readonly<Record<EngineOut["capabilities"][number], string>> = {
  prompt: "Clicks, boxes, scribbles",
  auto: "Finds all cells",
  flows: "Thresholds can be tuned",
};

/** The engines, and who looks at them. */
function useEngines() {
  const engines = useSignal<readonly EngineOut[] | null>(null);
  const me = useSignal<MeOut | null>(null);
  useEffect(() => {
    const load = async () => {
      try {
        [me.value, engines.value] = await Promise.all([api.me(), api.engines()]);
      } catch (error) {
        complain(error);
      }
    };
    void load();
  }, [me, engines]);
  return { me: me.value, engines: engines.value };
}

function Ready({ engine }: { readonly engine: EngineOut }) {
  return (
    <span class={`ready ${engine.available ? "yes" : "no"}`}>
      <Icon node={engine.available ? CircleCheck : CircleDashed} title="" />
      {engine.available ? "Ready" : "Weights missing"}
    </span>
  );
}

function Capabilities({ engine }: { readonly engine: EngineOut }) {
  return (
    <ul class="capabilities">
      {(["prompt", "auto", "flows"] as const)
        .filter((one) => engine.capabilities.includes(one))
        .map((one) => (
          <li key={one}>{CAPABILITIES[one]}</li>
        ))}
    </ul>
  );
}

export function ModelList() {
  const { me, engines } = useEngines();
  return (
    <>
      <TopBar me={me} />
      <main class="page narrow">
        <div class="page-head">
          <h1>Models</h1>
        </div>
        <div class="models" aria-busy={engines === null}>
          {engines?.map((engine) => (
            <a key={engine.name} class="model" href={`/models/${engine.name}/`}>
              <h2>{engine.title}</h2>
              <Ready engine={engine} />
              <p>{engine.summary}</p>
              <Capabilities engine={engine} />
              <p class="muted">{engine.licence}</p>
            </a>
          ))}
        </div>
      </main>
      <Notices />
    </>
  );
}

export function ModelCard({ name }: { readonly name: string }) {
  const { me, engines } = useEngines();
  const engine = engines?.find((one) => one.name === name);
  return (
    <>
      <TopBar me={me}>
        <a class="row" href="/models/">
          <Icon node={ArrowLeft} title="" /> Models
        </a>
      </TopBar>
      <main class="page narrow" aria-busy={engines === null}>
        {engine && <Card engine={engine} />}
      </main>
      <Notices />
    </>
  );
}

function Card({ engine }: { readonly engine: EngineOut }) {
  return (
    <article class="model-card">
      <div class="page-head">
        <h1>{engine.title}</h1>
        <Ready engine={engine} />
      </div>
      <p class="lead">{engine.summary}</p>
      <Capabilities engine={engine} />
      {!engine.available && <p class="missing-note">{engine.problem}</p>}
      {engine.about.split(/\n\n+/).map((text) => (
        <p key={text}>{text}</p>
      ))}
      <h2>Licence</h2>
      <p>{engine.licence}</p>
      {engine.notice && <p class="muted">{engine.notice}</p>}
      <h2>Weights</h2>
      {engine.weights.map((file) => (
        <Weights key={file.filename} file={file} />
      ))}
      <h2>Figures</h2>
      <Figures figures={engine.figures} />
    </article>
  );
}

function Weights({ file }: { readonly file: WeightsOut }) {
  const state = file.used ? "Here, in use" : file.here ? "Here" : "Not here";
  return (
    <section class="weights-file" aria-label={file.filename}>
      <h3>
        <code>{file.filename}</code>
        <span class={`ready ${file.here ? "yes" : "no"}`}>
          <Icon node={file.here ? CircleCheck : CircleDashed} title="" />
          {state}
        </span>
      </h3>
      <dl>
        <dt>From</dt>
        <dd>
          {file.origin === "published" ? (
            <a href={file.url} rel="noreferrer">
              {file.url}
            </a>
          ) : file.origin === "included" ? (
            "Comes with Cytomark"
          ) : (
            "Put into the weights folder by whoever runs this server"
          )}
        </dd>
        <dt>Size</dt>
        <dd>
          {file.size === null ? (
            "Not stated"
          ) : (
            <span title={`${count(file.size)} B`}>{bytes(file.size)}</span>
          )}
        </dd>
        <dt>SHA-256</dt>
        <dd>
          {file.sha256 ? <code class="sum">{file.sha256}</code> : "Not stated; recorded when it is fetched"}
        </dd>
        <dt>Licence</dt>
        <dd>{file.licence}</dd>
        {!file.here && file.command && (
          <>
            <dt>Get it</dt>
            <dd>
              <code>{file.command}</code>
            </dd>
          </>
        )}
      </dl>
    </section>
  );
}

function Figures({ figures }: { readonly figures: readonly FigureOut[] }) {
  if (figures.length === 0)
    return (
      <p class="muted">Nothing was measured with these weights here yet. Evaluate them on your own images.</p>
    );
  const datasets = [...new Set(figures.map((one) => one.dataset))];
  return (
    <table class="figures">
      <thead>
        <tr>
          <th scope="col">Images</th>
          <th scope="col">Measure</th>
          <th scope="col" class="number">
            Value
          </th>
        </tr>
      </thead>
      {datasets.map((dataset) => {
        const rows = figures.filter((one) => one.dataset === dataset);
        return (
          <tbody key={dataset}>
            {rows.map((row, at) => (
              <tr key={row.measure}>
                {at === 0 && (
                  <th scope="rowgroup" rowSpan={rows.length}>
                    {dataset}
                  </th>
                )}
                <td>{row.measure}</td>
                <td class="number">{row.value.toFixed(row.value < 1 ? 3 : 2)}</td>
              </tr>
            ))}
          </tbody>
        );
      })}
    </table>
  );
}
