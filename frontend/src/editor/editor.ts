import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Box } from "../geometry/box";
import type { Grey } from "../geometry/livewire";
import { type Cell, type PlaneAt, samePlane } from "../store/types";
import type { Compared } from "./adjudication";
import type { Point } from "./camera";
import type { Draft, DragBox, Sketch, ToolId } from "./drawing";
import { Hovering } from "./hovering";
import type { InputEvent, InputTarget } from "./input";
import { Inspector } from "./inspector";
import { Past } from "./past";
import { Polishing } from "./polishing";
import type { ImageSession, LabelClass, LocalNotice } from "./ports";
import { Prompting } from "./prompting";
import { Redecoding } from "./redecoding";
import { Regions } from "./regions";
import { Together } from "./together";
import { Tuning } from "./tuning";
import type { View } from "./view";
import { Writer } from "./writing";

/** The share of the brush's radius that is left at the lightest touch of a pen. */
const LIGHTEST = 0.2;

export const MIN_RADIUS = 0.5;
export const MAX_RADIUS = 500;

/** Tools that show what an engine answers. */
const ASKING: ReadonlySet<ToolId> = new Set(["points", "box", "scribble"]);

/** One image being annotated, without a screen: tools and commands act on it, panels and the canvas show it. */
export class Editor {
  readonly toolId: Signal<ToolId> = signal("select");
  readonly path = signal("");
  readonly hint = signal("");
  readonly cursor = signal("default");
  readonly selection: Signal<ReadonlySet<string>> = signal(new Set());
  readonly hover: Signal<string | null> = signal(null);
  /** Where the pointer is in the image, null while it is elsewhere. */
  readonly pointer: Signal<Point | null> = signal(null);
  readonly dragBox: Signal<DragBox | null> = signal(null);
  readonly draft: Signal<Draft | null> = signal(null);
  readonly sketch: Signal<Sketch | null> = signal(null);
  /** The grey values of a part of the plane that is looked at; null until the page hands them over, or while they load. */
  grey: (part: Box) => Grey | null = () => null;
  readonly brushRadius = signal(8);
  /** The brush takes only what an engine says is the cell, the eraser only what it says is not. */
  readonly smart = signal(false);
  /** How hard the pen is pressed, 0 to 1; 0 where nothing says so. */
  readonly pressure = signal(0);
  /** The brush's radius under the pen as it is pressed now. */
  readonly tipRadius: ReadonlySignal<number> = computed(() => {
    const pressure = this.pressure.value;
    if (pressure === 0) return this.brushRadius.value;
    return Math.max(MIN_RADIUS, this.brushRadius.value * (LIGHTEST + (1 - LIGHTEST) * pressure));
  });
  readonly activeClass: Signal<number | null> = signal(null);
  /** The engine that answers prompts, and the one that finds all cells. */
  readonly promptEngine: Signal<string | null> = signal(null);
  readonly findEngine: Signal<string | null> = signal(null);
  /** Independent annotations that lie over the image. */
  readonly compared: Signal<Compared | null> = signal(null);
  readonly notices: Signal<readonly LocalNotice[]> = signal([]);
  /** Grows when cells change, so that what is computed from the store can be computed again. */
  readonly revision: Signal<number>;
  readonly writer: Writer;
  readonly prompting: Prompting;
  readonly polishing: Polishing;
  readonly tuning: Tuning;
  readonly hovering: Hovering;
  readonly together: Together;
  readonly regions: Regions;
  readonly inspector: Inspector;
  readonly past: Past;
  readonly redecoding: Redecoding;
  /** My role lets me change cells; `canEdit`: and what I see is the present. */
  readonly mayAnnotate: ReadonlySignal<boolean>;
  readonly canEdit: ReadonlySignal<boolean>;
  private tools: ReadonlyMap<ToolId, InputTarget> = new Map();
  private holding: InputTarget | null = null;
  private noticed = 0;
  private readonly unsubscribe: () => void;

  constructor(
    readonly session: ImageSession,
    readonly view: View,
    readonly classes: Signal<readonly LabelClass[]>,
  ) {
    this.revision = signal(session.store.revision);
    this.writer = new Writer(session);
    this.prompting = new Prompting(session, this.promptEngine, this.writer);
    this.polishing = new Polishing(session, this.promptEngine, this.prompting.active);
    this.tuning = new Tuning(session, this.findEngine, this.revision);
    this.inspector = new Inspector(session.store);
    session.look(view.position.peek());
    const say = (message: string): void => this.say(message);
    this.past = new Past(say);
    const { past, writer } = this;
    this.redecoding = new Redecoding(session, { engine: this.promptEngine, past, writer, say });
    this.mayAnnotate = computed(() => (session.me.value?.role ?? "viewer") !== "viewer");
    this.canEdit = computed(() => this.mayAnnotate.value && this.past.at.value === null);
    this.regions = new Regions(view, say);
    this.hovering = new Hovering(this);
    this.together = new Together(this);
    this.unsubscribe = session.store.subscribe(() => this.storeChanged());
  }

  /** Hand over the tools; they know the editor, so they are made after it. */
  useTools(tools: ReadonlyMap<ToolId, InputTarget>): void {
    this.tools = tools;
    this.target?.enter();
  }

  close(): void {
    this.unsubscribe();
    this.polishing.close();
    this.tuning.close();
    this.hovering.close();
    this.together.close();
    this.redecoding.close();
    this.inspector.close();
    this.session.close();
  }

  private get target(): InputTarget | undefined {
    return this.holding ?? this.tools.get(this.toolId.peek());
  }

  private storeChanged(): void {
    const { store } = this.session;
    const left = [...this.selection.peek()].filter((id) => store.get(id));
    if (left.length !== this.selection.peek().size) this.selection.value = new Set(left);
    const hover = this.hover.peek();
    if (hover && !store.get(hover)) this.hover.value = null;
    this.revision.value = store.revision;
  }

  // --- input ---

  dispatch(event: InputEvent): void {
    if (event.type === "pointermove" || event.type === "pointerdown") {
      this.follow(event.image);
      this.pressure.value = event.pressure ?? 0;
    }
    if (event.type === "leave") this.follow(null);
    if (event.type === "pointerdown" && event.button === "middle") this.hold();
    this.target?.handle(event);
    if (event.type === "pointerup" && event.button === "middle") this.release();
  }

  private follow(image: Point | null): void {
    this.pointer.value = image;
    this.hover.value = image ? (this.cellUnder(image)?.id ?? null) : null;
    this.session.cursor(image ? image.y : null, image ? image.x : null, this.view.seen);
  }

  cellUnder({ x, y }: Point): Cell | undefined {
    return this.session.store.cellAt(Math.floor(y), Math.floor(x));
  }

  /** The hand for as long as a key or the middle button is held; what the tool was about to do stays. */
  hold(): void {
    const hand = this.tools.get("hand");
    if (this.holding || !hand || this.toolId.peek() === "hand") return;
    this.holding = hand;
    hand.enter();
  }

  release(): void {
    if (!this.holding) return;
    this.holding.exit();
    this.holding = null;
    this.toolChanged();
  }

  setTool(id: ToolId): void {
    if (id === this.toolId.peek()) return;
    this.release();
    this.target?.exit();
    this.toolId.value = id;
    this.target?.enter();
  }

  /** A tool went to another state. */
  toolChanged(): void {
    this.path.value = this.target?.path ?? "";
    this.hint.value = this.target?.hint ?? "";
    this.cursor.value = this.target?.cursor ?? "default";
  }

  // --- cells ---

  /** Another slice or frame comes in sight. What was being drawn or asked there is let go. */
  look(plane: PlaneAt): void {
    if (samePlane(plane, this.view.position.peek())) return;
    this.dispatch({ type: "cancel" });
    this.prompting.clear();
    this.tuning.discard();
    this.select([]);
    this.view.position.value = plane;
    this.session.look(plane);
    this.target?.enter();
  }

  select(ids: Iterable<string>): void {
    this.selection.value = new Set(ids);
  }

  toggle(id: string): void {
    const next = new Set(this.selection.peek());
    if (!next.delete(id)) next.add(id);
    this.selection.value = next;
  }

  /** The one selected cell, or undefined where none or several are. */
  get onlySelected(): Cell | undefined {
    const [id, more] = this.selection.peek();
    return id && !more ? this.session.store.get(id) : undefined;
  }

  /** Those of the cells that may change now; says how many are locked, and who is changing one. */
  changeable(ids: Iterable<string>): Cell[] {
    if (this.past.at.peek() !== null) {
      this.mayEdit();
      return [];
    }
    const cells = [...ids].flatMap((id) => this.session.store.get(id) ?? []);
    const unlocked = cells.filter((cell) => !cell.locked);
    const locked = cells.length - unlocked.length;
    if (locked > 0)
      this.say(
        `${locked === 1 ? "A locked cell stays" : `${locked} locked cells stay`} as before. Unlock first.`,
      );
    return this.together.free(unlocked);
  }

  /** Locks the selected cells, or unlocks them where all of them are locked. */
  toggleLock(): void {
    const cells = [...this.selection.peek()].flatMap((id) => this.session.store.get(id) ?? []);
    const locked = cells.some((cell) => !cell.locked);
    const edits = cells
      .filter((cell) => cell.locked !== locked)
      .map(({ id }) => ({ edit: "update" as const, id, locked }));
    if (edits.length > 0 && this.mayEdit()) this.session.apply(edits);
  }

  deleteSelected(): void {
    const ids = this.changeable(this.selection.peek()).map(({ id }) => id);
    if (ids.length > 0) this.session.delete(ids);
  }

  /** The class of the next cell and of the selected ones. */
  setClass(classId: number | null): void {
    this.activeClass.value = classId;
    const edits = this.changeable(this.selection.peek())
      .filter((cell) => cell.classId !== classId)
      .map(({ id }) => ({ edit: "update" as const, id, classId }));
    if (edits.length > 0) this.session.apply(edits);
  }

  acceptPreview(): void {
    const found = this.prompting.candidate.peek() !== null;
    const id = this.prompting.accept(this.activeClass.peek());
    if (id) this.select([id]);
    else if (found) this.say("There is no free pixel left: other cells cover all of this one.");
  }

  /** Ask the engine for a better shape of the selected cell. Points, strokes and the keys then work as after a click. */
  refineSelected(): void {
    const [cell] = this.onlySelected && this.mayEdit() ? this.changeable([this.onlySelected.id]) : [];
    if (!cell) return;
    if (!this.promptEngine.peek()) {
      this.say("No engine for this is ready. “Find cells” on the right says what is missing.");
      return;
    }
    const tool = this.toolId.peek();
    if (!ASKING.has(tool)) this.setTool("points");
    this.prompting.refine({ id: cell.id, mask: cell.mask });
    this.tools.get(this.toolId.peek())?.enter();
  }

  /** Propose all cells at the thresholds as they are. */
  tune(): void {
    if (!this.mayEdit()) return;
    if (this.prompting.active.peek()) {
      this.prompting.clear();
      this.target?.enter();
    }
    this.tuning.start();
  }

  showCell(id: string): void {
    const mask = this.session.store.get(id)?.mask;
    if (mask) this.view.show({ x: mask.left, y: mask.top, width: mask.width, height: mask.height });
  }

  /** By a factor, and by half a pixel at least. */
  resizeBrush(factor: number): void {
    const now = this.brushRadius.peek();
    const next = Math.round(now * factor * 2) / 2;
    const step = factor > 1 ? Math.max(next, now + 0.5) : Math.min(next, now - 0.5);
    this.brushRadius.value = Math.min(MAX_RADIUS, Math.max(MIN_RADIUS, step));
  }

  // --- sentences ---

  say(message: string): void {
    this.noticed += 1;
    const others = this.notices.peek().filter((notice) => notice.message !== message);
    this.notices.value = [...others.slice(-3), { id: this.noticed, message }];
  }

  dismiss(id: number): void {
    this.notices.value = this.notices.peek().filter((notice) => notice.id !== id);
  }

  /** True where changes are allowed; otherwise says why they are not. */
  mayEdit(): boolean {
    if (this.canEdit.peek()) return true;
    if (this.mayAnnotate.peek()) this.say("You are looking at the past. Go back to now to change cells.");
    else this.sayWhyNot();
    return false;
  }

  private sayWhyNot(): void {
    this.say(
      this.session.me.peek()
        ? "Your role in this project lets you look but not change cells. Ask a manager for another role."
        : "The cells are still being loaded. Try again in a moment.",
    );
  }
}
