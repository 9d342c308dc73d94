import type { CellView } from "../store/types";

/** The slot of every pixel of a plane, row by row. */
export function slotsOf(view: CellView): number[] {
  return Array.from({ length: view.height * view.width }, (_, at) =>
    view.slotAt(Math.floor(at / view.width), at % view.width),
  );
}
