import type { ToolId } from "../editor/drawing";
import type { Editor } from "../editor/editor";
import type { InputTarget } from "../editor/input";
import { BoxTool } from "./box";
import { BrushTool } from "./brush";
import { EraserTool } from "./eraser";
import { HandTool } from "./hand";
import { LassoTool } from "./lasso";
import { MagneticTool } from "./magnetic";
import { MoveTool } from "./move";
import { PointsTool } from "./points";
import { PolygonTool } from "./polygon";
import { RegionTool } from "./region";
import { ScribbleTool } from "./scribble";
import { SelectTool } from "./select";
import { SplitTool } from "./split";

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
    ["select-lasso", new SelectTool(editor, "select-lasso")],
    ["polygon", new PolygonTool(editor)],
    ["magnetic", new MagneticTool(editor)],
    ["lasso", new LassoTool(editor)],
    ["region", new RegionTool(editor)],
    ["split", new SplitTool(editor)],
    ["move", new MoveTool(editor)],
  ]);
}
