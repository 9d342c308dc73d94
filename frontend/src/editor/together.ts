import { computed, effect, type ReadonlySignal, type Signal, signal, untracked } from "@preact/signals";
import type { Cell } from "../store/types";
import type { Camera } from "./camera";
import type { Editor } from "./editor";
import type { PresentMember } from "./ports";

/** What the protocol lets through. */
const MOST = 16;
const MANAGERS = new Set(["owner", "manager"]);

/** What several people in one image have to do with each other: who changes which cell, and whose view is followed. */
export class Together {
  /** The tab whose view mine goes along with. */
  readonly following: Signal<string | null> = signal(null);
  /** Everybody else that is changing cells, by cell. */
  readonly holders: ReadonlySignal<ReadonlyMap<string, PresentMember>>;
  /** The cells that somebody else is changing, of those that I have selected. */
  readonly heldSelection: ReadonlySignal<readonly string[]>;
  readonly mayTakeOver: ReadonlySignal<boolean>;
  /** The camera as following has put it: any other is mine, and ends it. */
  private led: Camera | null = null;
  private readonly stops: readonly (() => void)[];

  constructor(private readonly editor: Editor) {
    const { session, view, pointer } = editor;
    this.holders = computed(() => {
      const mine = session.me.value?.userId;
      const others = session.members.value.filter(({ userId }) => userId !== mine);
      return new Map(others.flatMap((member) => member.holds.map((id) => [id, member])));
    });
    this.heldSelection = computed(() =>
      [...editor.selection.value].filter((id) => this.holders.value.has(id)),
    );
    this.mayTakeOver = computed(() => MANAGERS.has(session.me.value?.role ?? ""));
    const busy = computed(() => this.busyWith().slice(0, MOST).join(" "));
    this.stops = [
      effect(() => session.hold(busy.value ? busy.value.split(" ") : [])),
      effect(() => {
        void [view.camera.value, view.viewport.value, view.position.value];
        const at = pointer.peek();
        session.cursor(at ? at.y : null, at ? at.x : null, view.seen);
      }),
      effect(() => {
        const taken = session.taken.value;
        if (!taken) return;
        untracked(() => {
          editor.dispatch({ type: "cancel" });
          editor.say(`${taken.by} has taken this cell over.`);
        });
      }),
      effect(() => this.goAlong()),
    ];
  }

  close(): void {
    for (const stop of this.stops) stop();
  }

  /** Those of the cells that nobody else is changing; says who is changing one. */
  free(cells: readonly Cell[]): Cell[] {
    const holders = this.holders.peek();
    const [holder] = cells.flatMap(({ id }) => holders.get(id) ?? []);
    if (holder) this.editor.say(`${holder.name} is changing this cell: it is free when they let go.`);
    return cells.filter(({ id }) => !holders.has(id));
  }

  takeOver(): void {
    const held = this.heldSelection.peek();
    if (this.mayTakeOver.peek()) this.editor.session.takeOver(held.slice(0, MOST));
  }

  /** Their view from now on, until I move mine; a second time ends it. */
  follow(clientId: string): void {
    this.led = null;
    this.following.value = this.following.peek() === clientId ? null : clientId;
  }

  private busyWith(): readonly string[] {
    const { draft, prompting, selection, toolId } = this.editor;
    const refined = prompting.refined.value;
    if (refined) return [refined.id];
    if (!draft.value) return [];
    if (draft.value.without) return [draft.value.without];
    return toolId.value === "move" ? [...selection.value] : [];
  }

  private goAlong(): void {
    const { session, view } = this.editor;
    const leader = session.members.value.find(({ clientId }) => clientId === this.following.value);
    const camera = view.camera.value;
    if (this.following.value === null) return;
    if (!leader || (this.led && this.led !== camera)) {
      this.following.value = null;
      return;
    }
    const { seen } = leader;
    if (!seen) return;
    untracked(() => {
      this.editor.look({ t: seen.t ?? 0, z: seen.z ?? 0 });
      view.showExactly({
        x: seen.left,
        y: seen.top,
        width: seen.right - seen.left,
        height: seen.bottom - seen.top,
      });
      this.led = view.camera.peek();
    });
  }
}
