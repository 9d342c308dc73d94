import type { Point } from "./camera";
import type { Editor } from "./editor";
import type { Button, Pointer } from "./input";

/** What a browser says of one pointer; `screen` is on the canvas, in CSS pixels, `time` in milliseconds. */
export interface Contact {
  readonly id: number;
  readonly kind: "mouse" | "pen" | "touch";
  readonly screen: Point;
  readonly button: Button;
  readonly shift: boolean;
  readonly alt: boolean;
  readonly pressure: number;
  readonly time: number;
}

/** How far, in CSS pixels, a finger moves before it draws: until then a second finger may come. */
const SLOP = 6;
/** So long after a pen was seen a touch is the palm of the hand that holds it. */
const PALM_MS = 700;

/** Which pointer is the tool's. One finger works as the mouse does, two move and zoom the image, and while a pen is used
 * fingers mean nothing. */
export class Hands {
  /** The pointer that the tool follows, with the button that it pressed. */
  private held: { readonly id: number; readonly kind: Contact["kind"]; readonly button: Button } | null =
    null;
  /** A finger that has not moved yet. */
  private resting: Contact | null = null;
  private readonly fingers = new Map<number, Point>();
  private pinching = false;
  private penSeen = Number.NEGATIVE_INFINITY;

  constructor(private readonly editor: Editor) {}

  /** True while moves are drawn, so that those between two frames count too. */
  get drawing(): boolean {
    return this.held !== null;
  }

  down(contact: Contact): void {
    if (contact.kind === "pen") this.penCame(contact);
    if (contact.kind === "touch") this.touch(contact);
    else if (!this.held) this.press(contact, contact.button);
  }

  move(contact: Contact): void {
    if (contact.kind === "pen") this.penSeen = contact.time;
    if (contact.kind === "touch") this.slide(contact);
    else if (!this.held || this.held.id === contact.id)
      this.send("pointermove", contact, this.held?.button ?? "left");
  }

  up(contact: Contact): void {
    if (contact.kind === "pen") this.penSeen = contact.time;
    if (contact.kind === "touch") this.lift(contact);
    else if (this.held?.id === contact.id && this.held.button === contact.button) this.release(contact);
  }

  /** The system took the pointer away: nothing of what it was about to do is done. */
  cancel(id: number): void {
    this.fingers.delete(id);
    if (this.resting?.id === id) this.resting = null;
    if (this.fingers.size === 0) this.pinching = false;
    if (this.held?.id === id) this.drop();
  }

  leave(kind: Contact["kind"]): void {
    if (kind !== "touch" || this.fingers.size === 0) this.editor.dispatch({ type: "leave" });
  }

  // --- pen ---

  private penCame(contact: Contact): void {
    this.penSeen = contact.time;
    this.fingers.clear();
    this.resting = null;
    this.pinching = false;
    if (this.held?.kind === "touch") this.drop();
  }

  // --- fingers ---

  private touch(contact: Contact): void {
    if (contact.time - this.penSeen < PALM_MS || (this.held && this.held.kind !== "touch")) return;
    this.fingers.set(contact.id, contact.screen);
    if (this.fingers.size === 1) {
      this.resting = contact;
    } else {
      this.pinching = true;
      this.resting = null;
      if (this.held) this.drop();
    }
  }

  private slide(contact: Contact): void {
    if (!this.fingers.has(contact.id)) return;
    if (this.pinching) {
      this.pinch(contact);
      return;
    }
    const { resting } = this;
    if (resting) {
      if (distance(resting.screen, contact.screen) < SLOP) return;
      this.resting = null;
      this.press(resting, "left");
    }
    if (this.held?.id === contact.id) this.send("pointermove", contact, "left");
  }

  /** The image follows the fingers: what is under them stays under them. */
  private pinch(contact: Contact): void {
    const [a0, b0] = [...this.fingers.values()];
    this.fingers.set(contact.id, contact.screen);
    const [a, b] = [...this.fingers.values()];
    if (!a0 || !b0 || !a || !b) return;
    const { view } = this.editor;
    const [from, to] = [middle(a0, b0), middle(a, b)];
    view.panBy(to.x - from.x, to.y - from.y);
    const before = distance(a0, b0);
    if (before > 0) view.zoom(Math.max(1, distance(a, b)) / before, to);
  }

  private lift(contact: Contact): void {
    if (!this.fingers.delete(contact.id)) return;
    const { resting } = this;
    this.resting = null;
    if (resting) this.press(resting, "left");
    if (this.held?.id === contact.id) this.release(contact);
    // The finger that is left after two draws nothing until it is lifted too.
    if (this.fingers.size === 0) {
      this.pinching = false;
      this.editor.dispatch({ type: "leave" });
    }
  }

  // --- the tool ---

  private press(contact: Contact, button: Button): void {
    this.held = { id: contact.id, kind: contact.kind, button };
    this.send("pointerdown", contact, button);
  }

  private release(contact: Contact): void {
    const button = this.held?.button ?? "left";
    this.held = null;
    this.send("pointerup", contact, button);
  }

  private drop(): void {
    this.held = null;
    this.editor.dispatch({ type: "cancel" });
  }

  private send(type: Pointer["type"], contact: Contact, button: Button): void {
    const { screen, shift, alt } = contact;
    // A mouse says 0.5 while a button is held, which means nothing; so does a finger.
    const pressure = contact.kind === "pen" ? contact.pressure : 0;
    const image = this.editor.view.toImage(screen);
    this.editor.dispatch({ type, screen, image, button, shift, alt, pressure });
  }
}

function distance(a: Point, b: Point): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}

function middle(a: Point, b: Point): Point {
  return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
}
