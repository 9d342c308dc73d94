/** Cells over several slices and frames: what goes on as one object, and what divides. */

import { effect, type Signal, signal } from "@preact/signals";
import { between } from "../geometry/between";
import { type Cell, type PlaneAt, planeKey } from "../store/types";
import type { Editor } from "./editor";
import { link } from "./matching";
import type { Edit } from "./ports";
import type { Axis, Viewer } from "./viewer";

const WORD: Readonly<Record<Axis, string>> = { z: "slice", t: "frame" };
const ENGINE = "interpolation";

export class Across {
  /** The cell that others are linked to. */
  readonly anchor: Signal<Cell | null> = signal(null);
  /** A cell is being followed through the planes. */
  readonly following: Signal<boolean> = signal(false);

  constructor(
    private readonly editor: Editor,
    private readonly viewer: Pick<Viewer, "count">,
  ) {}

  private get store() {
    return this.editor.session.store;
  }

  private get selected(): Cell[] {
    return [...this.editor.selection.peek()].flatMap((id) => this.store.get(id) ?? []);
  }

  /** The axes along which the image has more than one plane. */
  get axes(): Axis[] {
    return (["z", "t"] as const).filter((axis) => this.viewer.count(axis) > 1);
  }

  /** The plane that many steps away, or null where the image ends. */
  private beside(plane: PlaneAt, axis: Axis, by: number): PlaneAt | null {
    const at = plane[axis] + by;
    return at >= 0 && at < this.viewer.count(axis) ? { ...plane, [axis]: at } : null;
  }

  private partOn(cell: Cell, plane: PlaneAt): Cell | undefined {
    return this.store.objectOf(cell).find((one) => planeKey(one.plane) === planeKey(plane));
  }

  // --- copies and shapes between -----------------------------------------------------------------------------------

  /** The selected cells once more on the plane beside, as parts of the same objects. */
  copy(axis: Axis, by: number): void {
    const { editor } = this;
    const plane = this.beside(this.store.plane, axis, by);
    if (!editor.mayEdit() || !this.atEnd(plane, axis)) return;
    const cells = this.selected.filter((cell) => !this.partOn(cell, plane));
    if (cells.length < this.selected.length)
      editor.say(`What has a part on that ${WORD[axis]} already was left out.`);
    const edits = cells.map(
      ({ id, mask, classId, provenance }): Edit => ({
        edit: "create",
        plane,
        mask,
        classId,
        provenance,
        joins: id,
      }),
    );
    if (edits.length === 0) return;
    const made = editor.session.apply(edits);
    editor.look(plane);
    editor.select(made.flatMap((id) => (id && this.store.get(id) ? [id] : [])));
  }

  private atEnd(plane: PlaneAt | null, axis: Axis): plane is PlaneAt {
    if (!plane) this.editor.say(`There is no further ${WORD[axis]} that way.`);
    return plane !== null;
  }

  /** Fills the planes between the parts of the selected objects. */
  interpolate(): void {
    const { editor, store } = this;
    if (!editor.mayEdit()) return;
    const edits = this.selected.flatMap((cell) => this.fillings(store.objectOf(cell)));
    if (edits.length === 0)
      editor.say("There is no gap to fill: draw the cell on another plane too, and join the two.");
    else editor.session.apply(edits);
  }

  private fillings(parts: readonly Cell[]): Edit[] {
    const along = (axis: Axis): Edit[] => {
      const other: Axis = axis === "z" ? "t" : "z";
      return parts.flatMap((cell) => {
        const next = parts.find(
          (one) => one.plane[other] === cell.plane[other] && one.plane[axis] > cell.plane[axis],
        );
        return next ? this.filling(cell, next, axis) : [];
      });
    };
    const slices = along("z");
    return slices.length > 0 ? slices : along("t");
  }

  private filling(from: Cell, to: Cell, axis: Axis): Edit[] {
    const { width, height } = this.store;
    const bounds = { top: 0, left: 0, bottom: height, right: width };
    const gap = to.plane[axis] - from.plane[axis];
    return Array.from({ length: gap - 1 }, (_, index): Edit => {
      const plane = { ...from.plane, [axis]: from.plane[axis] + index + 1 };
      const mask = between(from.mask, to.mask, (index + 1) / gap, bounds);
      const provenance = { source: "auto" as const, engine: ENGINE };
      return { edit: "create", plane, mask, classId: from.classId, provenance, joins: from.id };
    });
  }

  // --- following ---------------------------------------------------------------------------------------------------

  /** Asks the engine for the selected cell on the plane beside, with its shape here as the prompt; `on` and on, until it
   * is not found any more or the image ends. */
  async propagate(axis: Axis, by: number, { on = false } = {}): Promise<void> {
    const { editor } = this;
    let cell: Cell | undefined = editor.onlySelected;
    if (!cell || !editor.mayEdit()) return;
    if (!editor.promptEngine.peek()) {
      editor.say("No engine for this is ready. “Find cells” on the right says what is missing.");
      return;
    }
    if (!this.atEnd(this.beside(cell.plane, axis, by), axis)) return;
    this.following.value = true;
    let steps = 0;
    while (cell) {
      const plane = this.beside(cell.plane, axis, by);
      cell = plane ? await this.goOn(cell, plane, axis) : undefined;
      if (cell) steps += 1;
      if (!on || !this.following.peek()) break;
    }
    this.following.value = false;
    if (on && steps > 0) editor.say(`Followed over ${steps} ${WORD[axis]}${steps === 1 ? "" : "s"}.`);
  }

  stopFollowing(): void {
    this.following.value = false;
  }

  private async goOn(cell: Cell, plane: PlaneAt, axis: Axis): Promise<Cell | undefined> {
    const { editor, store } = this;
    const there = this.partOn(cell, plane);
    editor.look(plane);
    if (there) {
      editor.say(`It has a part on that ${WORD[axis]} already: go on from there.`);
      editor.select([there.id]);
      return undefined;
    }
    editor.prompting.refine({ id: "", mask: cell.mask });
    const found = await this.answer(plane);
    const id = found ? editor.prompting.accept(cell.classId, { joins: cell.id }) : null;
    if (!id) {
      editor.prompting.clear();
      if (this.following.peek())
        editor.say(`The engine finds it on the next ${WORD[axis]} no more. Draw it there, or stop here.`);
      return undefined;
    }
    editor.select([id]);
    return store.get(id);
  }

  /** Whether the engine has found something by the time that it has answered; false when somebody does something else. */
  private answer(plane: PlaneAt): Promise<boolean> {
    const { session, prompting, view } = this.editor;
    return new Promise((resolve) => {
      const stop = effect(() => {
        const { waiting } = session.preview.value;
        const left = planeKey(view.position.value) !== planeKey(plane) || !prompting.active.value;
        if (waiting && !left && this.following.value) return;
        const found = !left && this.following.peek() && prompting.candidate.peek() !== null;
        queueMicrotask(() => {
          stop();
          resolve(found);
        });
      });
    });
  }

  // --- links -------------------------------------------------------------------------------------------------------

  /** The selected cell is the one that others are linked to. */
  mark(): void {
    const cell = this.editor.onlySelected;
    if (cell) this.anchor.value = cell;
  }

  unmark(): void {
    this.anchor.value = null;
  }

  /** What is marked as the store has it now. */
  private get marked(): Cell | undefined {
    const id = this.anchor.value?.id;
    return id ? this.store.anywhere(id) : undefined;
  }

  /** The selected cell becomes a part of the marked cell's object. */
  join(): void {
    const { editor, marked } = this;
    const [cell] = editor.changeable(editor.selection.peek());
    if (!marked || !cell || !editor.mayEdit()) return;
    if (this.partOn(marked, cell.plane))
      editor.say("That object has a part on this plane already. Merge the two, or delete one of them.");
    else editor.session.update(cell.id, { joins: marked.id });
  }

  /** The selected cells came of the marked cell's division. What was a part of it becomes an object of its own. */
  divide(): void {
    const { editor, marked } = this;
    const cells = editor.changeable(editor.selection.peek());
    if (!marked || cells.length === 0 || !editor.mayEdit()) return;
    if (cells.some((cell) => cell.plane.t <= marked.plane.t)) {
      editor.say("A mother lies in an earlier frame: mark it there, then come back to its daughters.");
      return;
    }
    editor.session.apply(
      cells.map(
        (cell): Edit => ({
          edit: "update",
          id: cell.id,
          parent: marked.id,
          ...(cell.object === marked.object ? { joins: cell.id } : {}),
        }),
      ),
    );
  }

  /** The selected cells are objects of their own, and came of no division. */
  separate(): void {
    const { editor } = this;
    const edits = editor
      .changeable(editor.selection.peek())
      .map((cell): Edit => ({ edit: "update", id: cell.id, joins: cell.id, parent: null }));
    if (edits.length > 0 && editor.mayEdit()) editor.session.apply(edits);
  }

  /** Links the cells of all planes by their overlap, one plane after the other; those that are linked stay as they are. */
  linkAll(): void {
    const { editor, store } = this;
    const [axis] = this.axes;
    if (!axis || !editor.mayEdit()) return;
    const planes = new Map<string, Cell[]>();
    for (const cell of store.everywhere()) {
      const there = planes.get(planeKey(cell.plane));
      if (there) there.push(cell);
      else planes.set(planeKey(cell.plane), [cell]);
    }
    const roots = new Map<string, string>();
    const edits: Edit[] = [];
    for (const plane of this.inOrder(axis)) {
      const next = this.beside(plane, axis, 1);
      const found = link(planes.get(planeKey(plane)) ?? [], next ? (planes.get(planeKey(next)) ?? []) : [], {
        width: store.width,
        height: store.height,
        divide: axis === "t",
      });
      for (const [earlier, later] of found.same) {
        const root = roots.get(earlier.id) ?? earlier.id;
        if (later.locked || store.objectOf(later).length > 1 || this.partOn(earlier, later.plane)) continue;
        roots.set(later.id, root);
        edits.push({ edit: "update", id: later.id, joins: root });
      }
      for (const [mother, daughter] of found.daughters)
        if (!daughter.locked && daughter.parent === null)
          edits.push({ edit: "update", id: daughter.id, parent: mother.id });
    }
    const linked = edits.length;
    if (linked > 0) editor.session.apply(edits);
    editor.say(
      linked === 0
        ? "No cell overlaps one of the next plane that it is not linked to."
        : `Linked ${linked} cell${linked === 1 ? "" : "s"}. One undo takes all of it back.`,
    );
  }

  private inOrder(axis: Axis): PlaneAt[] {
    const other: Axis = axis === "z" ? "t" : "z";
    return Array.from({ length: this.viewer.count(other) }, (_, second) =>
      Array.from({ length: this.viewer.count(axis) }, (_, first) => ({
        t: 0,
        z: 0,
        [axis]: first,
        [other]: second,
      })),
    ).flat();
  }
}
