import type { Editor } from "../editor/editor";
import type { InputEvent, InputTarget, Pointer } from "../editor/input";

/** One state of a tool. Handlers that a state doesn't have do nothing. */
export abstract class State<T extends Tool = Tool> {
  abstract readonly id: string;
  abstract readonly hint: string;
  readonly cursor: string = "crosshair";

  constructor(
    protected readonly editor: Editor,
    protected readonly tool: T,
  ) {}

  onEnter(): void {}
  onExit(): void {}
  onPointerDown(_event: Pointer): void {}
  onPointerMove(_event: Pointer): void {}
  onPointerUp(_event: Pointer): void {}
  onDoubleClick(_event: Pointer): void {}
  onLeave(): void {}
  onComplete(): void {}
  onBack(): void {}
  onCancel(): void {}
}

/** A tool: its states, one of them active. Events go to the active state alone. */
export abstract class Tool implements InputTarget {
  abstract readonly id: string;
  private readonly states = new Map<string, State>();
  private active: State | null = null;
  private initial = "";

  constructor(protected readonly editor: Editor) {}

  /** Called once, by the constructor of a tool; the first state is the one that it starts in. */
  protected with(...states: State[]): void {
    for (const state of states) this.states.set(state.id, state);
    this.initial = states[0]?.id ?? "";
  }

  /** Leave the active state and enter ``id``. Throws on a state that this tool doesn't have. */
  to(id: string): void {
    const next = this.states.get(id);
    if (!next) throw new Error(`The tool ${this.id} has no state “${id}”.`);
    this.active?.onExit();
    this.active = next;
    next.onEnter();
    this.editor.toolChanged();
  }

  enter(): void {
    this.to(this.initial);
  }

  /** Another tool takes over: what is under way stops. */
  exit(): void {
    if (this.active?.id !== this.initial) this.active?.onCancel();
    this.active?.onExit();
    this.active = null;
  }

  get path(): string {
    return this.active ? `${this.id}.${this.active.id}` : this.id;
  }

  get hint(): string {
    return this.active?.hint ?? "";
  }

  get cursor(): string {
    return this.active?.cursor ?? "default";
  }

  handle(event: InputEvent): void {
    const state = this.active;
    if (!state) return;
    switch (event.type) {
      case "pointerdown":
        state.onPointerDown(event);
        break;
      case "pointermove":
        state.onPointerMove(event);
        break;
      case "pointerup":
        state.onPointerUp(event);
        break;
      case "doubleclick":
        state.onDoubleClick(event);
        break;
      case "leave":
        state.onLeave();
        break;
      case "complete":
        state.onComplete();
        break;
      case "back":
        state.onBack();
        break;
      case "cancel":
        state.onCancel();
        break;
      default:
        event satisfies never;
    }
  }
}
