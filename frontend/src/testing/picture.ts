import type { TestEditor } from "./test-editor";

/** The cells in a part of the image, row by row: a letter for each cell in the order of `ids`, dots for none. */
export function picture(
  test: TestEditor,
  ids: readonly (string | undefined)[],
  box: { top: number; left: number; height: number; width: number },
): string[] {
  const letter = (row: number, col: number): string => {
    const cell = test.session.store.cellAt(row, col);
    return cell ? String.fromCharCode(97 + ids.indexOf(cell.id)) : ".";
  };
  return Array.from({ length: box.height }, (_, row) =>
    Array.from({ length: box.width }, (_, col) => letter(box.top + row, box.left + col)).join(""),
  );
}
