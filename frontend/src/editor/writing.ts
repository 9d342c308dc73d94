import { type Signal, signal } from "@preact/signals";
import {
  area,
  type Bitmap,
  boxOf,
  clip,
  decode,
  difference,
  EMPTY,
  encode,
  isEmpty,
  type Mask,
  sameMask,
  union,
} from "../geometry/mask";
import type { CellView } from "../store/types";
import type { Edit, ImageSession } from "./ports";

/** What happens to pixels that another cell has: it keeps them, or the new shape takes them away from it. */
export type WriteMode = "keep" | "overwrite";

type Create = Extract<Edit, { edit: "create" }>;
type Update = Extract<Edit, { edit: "update" }>;
type Shaped = (Create | Update) & { readonly mask: Mask };

/** Every new shape goes through here, so that the write mode holds for every tool, command and accepted proposal. */
export class Writer {
  readonly mode: Signal<WriteMode> = signal("keep");

  constructor(private readonly session: ImageSession) {}

  /** What a shape would really get now; `own` is the cell that it is for. */
  free(mask: Mask, own?: string): Mask {
    const { store } = this.session;
    if (this.mode.value === "keep") return store.free(mask, own);
    const inside = clip(mask, { top: 0, left: 0, bottom: store.height, right: store.width });
    return store
      .idsIn(boxOf(inside))
      .flatMap((id) => store.get(id) ?? [])
      .filter((cell) => cell.locked && cell.id !== own)
      .reduce((left, cell) => difference(left, cell.mask), inside);
  }

  /** One operation. The ids of the created cells, null for each that found no pixel. */
  apply(edits: readonly Edit[], mode: WriteMode = this.mode.peek()): (string | null)[] {
    const fitted = allot(this.session.store, edits, mode);
    const kept = edits.filter((edit) => edit.edit === "create").map((edit) => fitted.get(edit) !== undefined);
    const all = [...taken(this.session.store, fitted), ...[...fitted.values()].sort(inServersOrder)];
    const ids = all.length > 0 ? this.session.apply(all) : [];
    let next = 0;
    return kept.map((was) => (was ? (ids[next++] ?? null) : null));
  }

  /** False where no cell would have other pixels than now. */
  wouldChange(edits: readonly Edit[]): boolean {
    const { store } = this.session;
    return [...allot(store, edits, this.mode.peek()).values()].some((edit) => {
      const before = edit.edit === "update" ? store.get(edit.id)?.mask : undefined;
      return !(before && isShaped(edit) && sameMask(before, edit.mask));
    });
  }

  /** All pixels that the new shapes of these edits would get. */
  preview(edits: readonly Edit[]): Mask {
    const fitted = [...allot(this.session.store, edits, this.mode.peek()).values()];
    return fitted.filter(isShaped).reduce((all, edit) => union(all, edit.mask), EMPTY);
  }

  create(mask: Mask, classId: Create["classId"], provenance: Create["provenance"]): string | null {
    return this.apply([{ edit: "create", mask, classId, provenance }])[0] ?? null;
  }

  /** An empty mask deletes the cell. */
  update(id: string, change: Omit<Update, "edit" | "id">): void {
    this.apply([{ edit: "update", id, ...change }]);
  }

  toggle(): void {
    this.mode.value = this.mode.peek() === "keep" ? "overwrite" : "keep";
  }
}

const ORDER: readonly Edit["edit"][] = ["delete", "update", "create"];

function inServersOrder(a: Edit, b: Edit): number {
  return ORDER.indexOf(a.edit) - ORDER.indexOf(b.edit);
}

function isShaped(edit: Edit): edit is Shaped {
  return edit.edit !== "delete" && edit.mask !== undefined;
}

/** Each edit with the pixels that it really gets, without those that get none. A pixel that two of them want goes to the
 * cell that has it now, otherwise to the first. */
function allot(store: CellView, edits: readonly Edit[], mode: WriteMode): Map<Edit, Edit> {
  const moving = new Map<number, Bitmap | null>();
  for (const edit of edits) {
    if (edit.edit === "delete") moving.set(store.slotOf(edit.id), null);
    else if (edit.edit === "update" && edit.mask) moving.set(store.slotOf(edit.id), decode(edit.mask));
  }
  const given: Mask[] = [];
  const fitted = new Map<Edit, Edit>();
  for (const edit of edits) {
    if (!isShaped(edit)) {
      fitted.set(edit, edit);
    } else if (isEmpty(edit.mask)) {
      if (edit.edit === "update") fitted.set(edit, { edit: "delete", id: edit.id });
    } else {
      const own = edit.edit === "update" ? store.slotOf(edit.id) : 0;
      const mask = given.reduce(difference, claim(store, edit.mask, { own, moving, mode }));
      if (isEmpty(mask)) continue;
      given.push(mask);
      fitted.set(edit, { ...edit, mask });
    }
  }
  return fitted;
}

interface Claim {
  readonly own: number;
  /** The cells of this operation by slot, with their new shapes; null for those that go. */
  readonly moving: ReadonlyMap<number, Bitmap | null>;
  readonly mode: WriteMode;
}

/** The pixels that nobody else has, gives up or, in overwrite mode, loses. */
function claim(store: CellView, mask: Mask, { own, moving, mode }: Claim): Mask {
  const inside = clip(mask, { top: 0, left: 0, bottom: store.height, right: store.width });
  const bitmap = decode(inside);
  const { top, left, width, height, data } = bitmap;
  for (let row = 0; row < height; row++)
    for (let col = 0; col < width; col++) {
      const slot = store.slotAt(top + row, left + col);
      if (slot === 0 || slot === own || data[row * width + col] === 0) continue;
      const stays = moving.get(slot);
      const keeps = mode === "keep" || store.cellOfSlot(slot)?.locked === true;
      const taken = stays === undefined ? keeps : stays && has(stays, top + row, left + col);
      if (taken) data[row * width + col] = 0;
    }
  return encode(bitmap);
}

function has({ top, left, width, height, data }: Bitmap, row: number, col: number): boolean {
  if (row < top || col < left || row >= top + height || col >= left + width) return false;
  return data[(row - top) * width + col - left] === 1;
}

/** What the other cells lose to these edits: a cell that is covered wholly goes. */
function taken(store: CellView, fitted: ReadonlyMap<Edit, Edit>): Edit[] {
  const masks = [...fitted.values()].filter(isShaped).map((edit) => edit.mask);
  const own = new Set([...fitted.values()].flatMap((edit) => (edit.edit === "create" ? [] : [edit.id])));
  const others = new Set(masks.flatMap((mask) => store.idsIn(boxOf(mask))).filter((id) => !own.has(id)));
  const edits = [...others].flatMap((id): Edit[] => {
    const before = store.get(id)?.mask;
    if (!before) return [];
    const mask = masks.reduce(difference, before);
    if (isEmpty(mask)) return [{ edit: "delete", id }];
    return area(mask) === area(before) ? [] : [{ edit: "update", id, mask }];
  });
  return edits.sort(inServersOrder);
}
