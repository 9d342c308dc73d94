import {
  Brush,
  Eraser,
  Expand,
  Eye,
  EyeOff,
  Hand,
  type IconNode,
  Keyboard,
  Lasso,
  LassoSelect,
  Magnet,
  MousePointer2,
  Move,
  Pentagon,
  Scissors,
  Search,
  Signature,
  Square,
  SquareCheckBig,
  SquareMousePointer,
  Trash2,
  WandSparkles,
} from "lucide";
import type { JSX } from "preact";
import type { Command } from "../../commands/commands";
import { Icon } from "../icon";
import { theme } from "../theme";
import { THEME_ICONS } from "../theme-icons";
import { CommandButton } from "./controls";
import type { Annotator } from "./model";

const TOOLS: readonly [string, IconNode][] = [
  ["select", MousePointer2],
  ["select-lasso", LassoSelect],
  ["points", SquareMousePointer],
  ["box", Square],
  ["scribble", Signature],
  ["brush", Brush],
  ["eraser", Eraser],
  ["polygon", Pentagon],
  ["lasso", Lasso],
  ["magnetic", Magnet],
  ["split", Scissors],
  ["move", Move],
  ["hand", Hand],
  ["region", SquareCheckBig],
];

export function ToolRail({ model }: { model: Annotator }): JSX.Element {
  const { editor } = model;
  const command = (id: string) => model.commands.find((one) => one.id === id);
  const hidden = editor.view.masksHidden.value;
  const refining = editor.prompting.refined.value !== null;
  return (
    <nav class="tool-rail" aria-label="Tools">
      {TOOLS.map(([id, icon]) => (
        <CommandButton
          key={id}
          command={command(`tool-${id}`)}
          class="tool"
          pressed={editor.toolId.value === id}
        >
          <Icon node={icon} title="" />
          <Letter command={command(`tool-${id}`)} />
        </CommandButton>
      ))}
      <span class="rail-line" />
      <CommandButton command={command("refine")} class="tool" pressed={refining}>
        <Icon node={WandSparkles} title="" />
        <Letter command={command("refine")} />
      </CommandButton>
      <CommandButton command={command("delete")} class="tool">
        <Icon node={Trash2} title="" />
      </CommandButton>
      <CommandButton command={command("fit")} class="tool">
        <Icon node={Expand} title="" />
      </CommandButton>
      <CommandButton command={command("hide-masks")} class="tool" pressed={hidden}>
        <Icon node={hidden ? EyeOff : Eye} title="" />
      </CommandButton>
      <span class="rail-space" />
      <CommandButton command={command("palette")} class="tool">
        <Icon node={Search} title="" />
      </CommandButton>
      <CommandButton command={command("theme")} class="tool">
        <Icon node={THEME_ICONS[theme.value]} title="" />
      </CommandButton>
      <CommandButton command={command("help")} class="tool">
        <Icon node={Keyboard} title="" />
      </CommandButton>
    </nav>
  );
}

function Letter({ command }: { command: Command | undefined }): JSX.Element {
  const key = command?.keys[0] ?? "";
  return (
    <span class="tool-letter" aria-hidden="true">
      {key.length === 1 ? key : ""}
    </span>
  );
}
