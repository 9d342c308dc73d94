import type { Editor, ToolId } from "../editor/editor";
import type { InputTarget } from "../editor/input";
import { BoxTool } from "./box";
import { BrushTool } from "./brush";
import { EraserTool } from "./eraser";
import { HandTool } from "./hand";
import { PointsTool } from "./points";
import { ScribbleTool } from "./scribble";
import { SelectTool } from "./select";

/** Every tool, made for one editor. */
export function toolsFor(editor: Editor): ReadonlyMap<ToolId, InputTarget> {
  return new Map<ToolId, InputTarget>([
    ["select", new SelectTool(editor)],
    ["points", new PointsTool(editor)],
    ["box", new BoxTool(editor)],
    ["scribble", new ScribbleTool(editor)],
    ["brush", new BrushTool(editor)],
    ["eraser", new EraserTool(editor)],
    ["hand", new HandTool(editor)],
  ]);
}
