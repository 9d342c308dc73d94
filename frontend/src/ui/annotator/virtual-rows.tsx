import { useSignal } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";

export const ROW = 24;
const EXTRA = 6;
/** The style sheet's largest height. The height now would be that of a shorter list, when more rows come. */
const TALLEST = 300;

interface VirtualRowsProps {
  readonly count: number;
  /** The row to keep in sight; −1 for none. */
  readonly at: number;
  readonly label: string;
  readonly active: string | undefined;
  /** Stays above the rows and moves sideways with them. */
  readonly head?: ComponentChildren;
  row(index: number, offset: number): ComponentChildren;
  onKey(event: KeyboardEvent): boolean;
}

/** A list box whose rows are elements only where they are seen, however many there are. */
export function VirtualRows({ count, at, label, active, head, row, onKey }: VirtualRowsProps): JSX.Element {
  const list = useRef<HTMLDivElement>(null);
  const top = useSignal(0);
  const first = Math.max(0, Math.floor(top.value / ROW) - EXTRA);
  const last = Math.min(count, Math.ceil((top.value + TALLEST) / ROW) + EXTRA);
  useEffect(() => {
    const element = list.current;
    if (!element || at < 0) return;
    const above = head ? ROW : 0;
    const { scrollTop, clientHeight } = element;
    if (at * ROW < scrollTop || (at + 1) * ROW + above > scrollTop + clientHeight)
      element.scrollTop = Math.max(0, at * ROW - (clientHeight - above) / 2);
  }, [at]);
  return (
    <div
      class="cells"
      ref={list}
      onScroll={(event) => {
        top.value = event.currentTarget.scrollTop;
      }}
    >
      {head}
      <div
        role="listbox"
        aria-label={label}
        aria-multiselectable="true"
        aria-activedescendant={active}
        tabIndex={0}
        class="cell-rows"
        style={{ height: `${count * ROW}px` }}
        onKeyDown={(event) => {
          if (!onKey(event)) return;
          event.preventDefault();
          event.stopPropagation();
        }}
      >
        {Array.from({ length: Math.max(0, last - first) }, (_, index) =>
          row(first + index, (first + index) * ROW),
        )}
      </div>
    </div>
  );
}
