import { State, type Tool } from "./state-node";

/** Nothing is asked for yet. What another tool asked for stays, and can be added to. */
export abstract class Unprompted<T extends Tool> extends State<T> {
  readonly id = "idle";

  override onEnter(): void {
    if (this.editor.prompting.active.peek()) this.tool.to("prompted");
  }

  override onCancel(): void {
    this.editor.select([]);
  }
}

/** A mask is proposed, or on its way. */
export abstract class Prompted<T extends Tool> extends State<T> {
  readonly id = "prompted";

  override onComplete(): void {
    this.editor.acceptPreview();
    if (!this.editor.prompting.active.peek()) this.tool.to("idle");
  }

  override onCancel(): void {
    this.editor.prompting.clear();
    this.tool.to("idle");
  }
}
