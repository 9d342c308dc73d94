/** The plots of measurements as SVG: groups differ by row, points by class in colour and in shape. */
import type { ClassOut, DistributionOut, GroupOut, PointsOut } from "../../protocol/api.gen";
import { count, counted } from "../format";
import { type Range, rangeOf, share, short, ticks } from "./plots";

const ROW = { width: 320, height: 40 };
const PLOT = { width: 960, height: 420, left: 64, bottom: 40, top: 26, right: 12 };

/** The axis under a column of rows. */
function Axis({ range, unit }: { readonly range: Range; readonly unit: string }) {
  return (
    <svg class="plot-axis" viewBox={`0 0 ${ROW.width} 22`} aria-hidden="true">
      {ticks(range, 4).map((value) => (
        <text key={value} x={share(value, range) * ROW.width} y="14" text-anchor="middle">
          {short(value)}
        </text>
      ))}
      <title>{unit}</title>
    </svg>
  );
}

/** Cells per bin as bars, each row to its own largest bin. */
function Bins({ group }: { readonly group: GroupOut }) {
  const most = Math.max(1, ...group.counts);
  const width = ROW.width / group.counts.length;
  return (
    <svg class="plot-row" viewBox={`0 0 ${ROW.width} ${ROW.height}`} role="img" aria-label="Distribution">
      {group.counts.map((cells, bin) => {
        const height = (cells / most) * (ROW.height - 2);
        return <rect key={bin} x={bin * width} y={ROW.height - height} width={width - 1} height={height} />;
      })}
    </svg>
  );
}

/** Whiskers to the smallest and the largest value, a box from quartile to quartile, a line at the median. */
function Box({ group, range }: { readonly group: GroupOut; readonly range: Range }) {
  const at = group.quartiles.map((value) => share(value, range) * ROW.width);
  const [least = 0, first = 0, middle = 0, third = 0, most = 0] = at;
  return (
    <svg class="plot-row" viewBox={`0 0 ${ROW.width} 18`} aria-hidden="true">
      <line x1={least} x2={most} y1="9" y2="9" />
      <rect class="box" x={first} y="3" width={Math.max(1, third - first)} height="12" />
      <line class="median" x1={middle} x2={middle} y1="2" y2="16" />
    </svg>
  );
}

interface DistributionProps {
  readonly found: DistributionOut;
  readonly heading: string;
  readonly colours: ReadonlyMap<string, string>;
}

/** A row for each group: how its cells are distributed, and the numbers. */
export function DistributionTable({ found, heading, colours }: DistributionProps) {
  const range = { low: found.edges[0] ?? 0, high: found.edges.at(-1) ?? 1 };
  return (
    <div class="table-scroll">
      <table class="groups">
        <thead>
          <tr>
            <th scope="col">{heading}</th>
            <th scope="col">
              Distribution{found.unit && ` (${found.unit})`} <Axis range={range} unit={found.unit} />
            </th>
            {["Cells", "Mean", "SD", "Median", "Quartiles", "Range"].map((word) => (
              <th key={word} scope="col" class="number">
                {word}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {found.groups.map((group) => {
            const [least = 0, first = 0, middle = 0, third = 0, most = 0] = group.quartiles;
            return (
              <tr key={group.key} style={{ "--group": colours.get(group.key) ?? "var(--accent)" }}>
                <th scope="row">{group.name}</th>
                <td>
                  <Bins group={group} />
                  <Box group={group} range={range} />
                </td>
                <td class="number">{count(group.cells)}</td>
                <td class="number">{short(group.mean)}</td>
                <td class="number">{short(group.sd)}</td>
                <td class="number">{short(middle)}</td>
                <td class="number">
                  {short(first)} – {short(third)}
                </td>
                <td class="number">
                  {short(least)} – {short(most)}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

/** Circle, square, triangle, diamond, cross: around 0, 0. */
const SHAPES = [
  "M-3,0a3,3 0 1,0 6,0a3,3 0 1,0 -6,0",
  "M-2.7,-2.7h5.4v5.4h-5.4z",
  "M0,-3.4L3.2,2.6H-3.2z",
  "M0,-3.8L3.8,0L0,3.8L-3.8,0z",
  "M-3,-1h2v-2h2v2h2v2h-2v2h-2v-2h-2z",
];

interface ScatterProps {
  readonly points: PointsOut;
  readonly titles: readonly [string, string];
  readonly classes: readonly ClassOut[];
}

/** Two figures of each cell; a point opens its cell. */
export function Scatter({ points, titles, classes }: ScatterProps) {
  const ranges = { x: rangeOf(points.x), y: rangeOf(points.y) };
  const width = PLOT.width - PLOT.left - PLOT.right;
  const height = PLOT.height - PLOT.top - PLOT.bottom;
  const placeX = (value: number) => PLOT.left + share(value, ranges.x) * width;
  const placeY = (value: number) => PLOT.top + (1 - share(value, ranges.y)) * height;
  const shapes = new Map(classes.map((one, index) => [one.id, index + 1]));
  const present = classes.filter((one) => points.classes.includes(one.id));
  const colourOf = new Map(classes.map((one) => [one.id, one.colour]));
  const shapeOf = (id: number) => SHAPES[(shapes.get(id) ?? 0) % SHAPES.length];
  return (
    <figure class="scatter">
      <svg
        viewBox={`0 0 ${PLOT.width} ${PLOT.height}`}
        role="img"
        aria-label={`${titles[1]} against ${titles[0]}`}
      >
        <g class="grid">
          {ticks(ranges.x, 6).map((value) => (
            <g key={value}>
              <line x1={placeX(value)} x2={placeX(value)} y1={PLOT.top} y2={PLOT.top + height} />
              <text x={placeX(value)} y={PLOT.top + height + 16} text-anchor="middle">
                {short(value)}
              </text>
            </g>
          ))}
          {ticks(ranges.y, 5).map((value) => (
            <g key={value}>
              <line x1={PLOT.left} x2={PLOT.left + width} y1={placeY(value)} y2={placeY(value)} />
              <text x={PLOT.left - 6} y={placeY(value) + 4} text-anchor="end">
                {short(value)}
              </text>
            </g>
          ))}
          <text x={PLOT.left + width} y={PLOT.height - 6} text-anchor="end">
            {titles[0]} →
          </text>
          <text x={PLOT.left} y="14">
            ↑ {titles[1]}
          </text>
        </g>
        {points.links.map((link, index) => (
          <a key={points.ids[index]} href={link} tabIndex={-1}>
            <path
              d={shapeOf(points.classes[index] ?? 0)}
              transform={`translate(${placeX(points.x[index] ?? 0)} ${placeY(points.y[index] ?? 0)})`}
              style={{ "--group": colourOf.get(points.classes[index] ?? 0) ?? "var(--accent)" }}
            >
              <title>{`${points.images[index]}: ${short(points.x[index] ?? 0)}, ${short(points.y[index] ?? 0)}`}</title>
            </path>
          </a>
        ))}
      </svg>
      <figcaption class="muted">
        {points.ids.length < points.cells
          ? `${count(points.ids.length)} of ${counted(points.cells, "cell")}, the same sample each time`
          : counted(points.cells, "cell")}
        {present.map((one) => (
          <span key={one.id} class="key">
            <svg viewBox="-5 -5 10 10" aria-hidden="true">
              <path d={shapeOf(one.id)} style={{ "--group": one.colour }} />
            </svg>
            {one.name}
          </span>
        ))}
      </figcaption>
    </figure>
  );
}
