/** Rectangles in pixels of an image: rows `top` ≤ row < `bottom`, columns `left` ≤ col < `right`. */
export interface Box {
  readonly top: number;
  readonly left: number;
  readonly bottom: number;
  readonly right: number;
}

export function isEmptyBox(box: Box): boolean {
  return box.top >= box.bottom || box.left >= box.right;
}

/** The smallest box around both; an empty box counts for nothing. */
export function boxAround(a: Box, b: Box): Box {
  if (isEmptyBox(a)) return b;
  if (isEmptyBox(b)) return a;
  return {
    top: Math.min(a.top, b.top),
    left: Math.min(a.left, b.left),
    bottom: Math.max(a.bottom, b.bottom),
    right: Math.max(a.right, b.right),
  };
}

/** What both have; it may be empty. */
export function boxWithin(a: Box, b: Box): Box {
  return {
    top: Math.max(a.top, b.top),
    left: Math.max(a.left, b.left),
    bottom: Math.min(a.bottom, b.bottom),
    right: Math.min(a.right, b.right),
  };
}

export function boxesMeet(a: Box, b: Box): boolean {
  return !isEmptyBox(boxWithin(a, b));
}
