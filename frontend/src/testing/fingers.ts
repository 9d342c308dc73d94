import { type Contact, Hands } from "../editor/hands";
import { TestEditor } from "./test-editor";

/** An editor with hands on it: pens and fingers by their numbers, a millisecond per event. */
export class Fingers {
  readonly test = new TestEditor();
  readonly hands = new Hands(this.test.editor);
  private readonly kinds = new Map<number, Contact["kind"]>();
  now = 10_000;

  private contact(id: number, x: number, y: number, pressure = 0): Contact {
    this.now += 1;
    const kind = this.kinds.get(id) ?? "touch";
    const rest = { button: "left", shift: false, alt: false } as const;
    return { id, kind, screen: { x, y }, pressure, time: this.now, ...rest };
  }

  /** What the pointer of this number is; without a word it is a finger. */
  is(id: number, kind: Contact["kind"]): this {
    this.kinds.set(id, kind);
    return this;
  }

  down(id: number, x: number, y: number, pressure = 0): this {
    this.hands.down(this.contact(id, x, y, pressure));
    return this;
  }

  move(id: number, x: number, y: number, pressure = 0): this {
    this.hands.move(this.contact(id, x, y, pressure));
    return this;
  }

  up(id: number, x: number, y: number): this {
    this.hands.up(this.contact(id, x, y));
    return this;
  }

  get scale(): number {
    return this.test.editor.view.camera.value.scale;
  }
}
