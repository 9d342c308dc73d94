import { effect } from "@preact/signals";
import {
  BrushCleaning,
  CircleMinus,
  CirclePlus,
  Combine,
  Hexagon,
  type IconNode,
  Lock,
  LockOpen,
  MousePointer2,
  PaintBucket,
  Replace,
  Shield,
  Sparkles,
  Spline,
} from "lucide";
import type { JSX } from "preact";
import { type Editor, MIN_RADIUS } from "../../editor/editor";
import type { WriteMode } from "../../editor/writing";
import { Icon } from "../icon";
import { CommandButton, withKeys } from "./controls";
import type { Annotator } from "./model";

const SHAPES: readonly [string, IconNode][] = [
  ["merge", Combine],
  ["fill-holes", PaintBucket],
  ["remove-specks", BrushCleaning],
  ["smooth", Spline],
  ["grow", CirclePlus],
  ["shrink", CircleMinus],
  ["convex-hull", Hexagon],
];

const MODES: readonly [WriteMode, string, string, IconNode][] = [
  ["keep", "Keep others", "New shapes leave other cells their pixels ({write-mode})", Shield],
  ["overwrite", "Overwrite", "New shapes take pixels from other cells ({write-mode})", Replace],
];

/** The slider's end; keys and wheel go further. */
const WIDEST = 100;

/** Above the canvas: what the tool in hand can be set to, and what can be done to the selected cells' shapes. */
export function ToolBar({ model }: { model: Annotator }): JSX.Element {
  const { editor, commands } = model;
  const command = (id: string) => commands.find((one) => one.id === id);
  const tool = command(`tool-${editor.toolId.value}`);
  const paints = editor.toolId.value === "brush" || editor.toolId.value === "eraser";
  return (
    <div class="tool-bar" role="toolbar" aria-label="Tool">
      <span class="tool-name">{tool?.name}</span>
      <ModeSwitch model={model} />
      {paints && <BrushSize model={model} />}
      {paints && (
        <CommandButton command={command("smart")} class="button tool-switch" pressed={editor.smart.value}>
          <Icon node={Sparkles} title="" /> Smart
        </CommandButton>
      )}
      {editor.toolId.value === "points" && (
        <CommandButton
          command={command("hover-preview")}
          class="button tool-switch"
          pressed={editor.hovering.on.value}
        >
          <Icon node={MousePointer2} title="" />
          {editor.hovering.on.value && editor.hovering.slow.value
            ? "Hover preview waits: slow"
            : "Hover preview"}
        </CommandButton>
      )}
      <span class="tool-space" />
      <span class="tool-shapes">
        <CommandButton command={command("lock")} pressed={allLocked(editor)}>
          <Icon node={allLocked(editor) ? Lock : LockOpen} title="" />
        </CommandButton>
        {SHAPES.map(([id, icon]) => (
          <CommandButton key={id} command={command(id)}>
            <Icon node={icon} title="" />
          </CommandButton>
        ))}
      </span>
    </div>
  );
}

function allLocked({ selection, session, revision }: Editor): boolean {
  const ids = [...selection.value];
  return revision.value >= 0 && ids.length > 0 && ids.every((id) => session.store.get(id)?.locked);
}

function ModeSwitch({ model }: { model: Annotator }): JSX.Element {
  const { editor, commands } = model;
  return (
    <fieldset class="mode-switch" aria-label="New shapes and other cells">
      {MODES.map(([mode, name, title, icon]) => (
        <button
          key={mode}
          type="button"
          title={withKeys(commands, title)}
          aria-pressed={editor.writer.mode.value === mode}
          disabled={!editor.canEdit.value}
          onClick={() => {
            editor.writer.mode.value = mode;
          }}
        >
          <Icon node={icon} title="" />
          {name}
        </button>
      ))}
    </fieldset>
  );
}

/** The slider moves by equal factors, so that small brushes can be set as exactly as large ones. */
function BrushSize({ model }: { model: Annotator }): JSX.Element {
  const { editor, commands } = model;
  const radius = editor.brushRadius.value;
  const share = Math.log(Math.min(radius, WIDEST) / MIN_RADIUS) / Math.log(WIDEST / MIN_RADIUS);
  return (
    <label
      class="brush-size"
      title={withKeys(commands, "Brush size ({smaller-brush} and {larger-brush}, or Alt with the wheel)")}
    >
      <span>Size</span>
      <input
        type="range"
        min={0}
        max={1}
        step={0.01}
        value={share}
        aria-valuetext={`${2 * radius} pixels`}
        onInput={(event) => {
          const wanted = MIN_RADIUS * (WIDEST / MIN_RADIUS) ** Number(event.currentTarget.value);
          editor.brushRadius.value = Math.round(wanted * 2) / 2;
        }}
      />
      <output>{(2 * radius).toLocaleString("en")} px</output>
    </label>
  );
}

const MODE_KEY = "cytomark:write-mode";
const BRUSH_KEY = "cytomark:brush-radius";
const SMART_KEY = "cytomark:smart";
const HOVER_KEY = "cytomark:hover-preview";

/** The write mode, the brush's size and what is switched on, as this person left them in this browser. Returns what ends the listening. */
export function rememberTools({ writer, brushRadius, smart, hovering }: Editor): () => void {
  if (localStorage.getItem(MODE_KEY) === "overwrite") writer.mode.value = "overwrite";
  const radius = Number(localStorage.getItem(BRUSH_KEY));
  if (radius >= MIN_RADIUS && radius <= WIDEST) brushRadius.value = radius;
  smart.value = localStorage.getItem(SMART_KEY) === "true";
  hovering.on.value = localStorage.getItem(HOVER_KEY) !== "false";
  return effect(() => {
    localStorage.setItem(SMART_KEY, String(smart.value));
    localStorage.setItem(HOVER_KEY, String(hovering.on.value));
    localStorage.setItem(MODE_KEY, writer.mode.value);
    localStorage.setItem(BRUSH_KEY, String(brushRadius.value));
  });
}
