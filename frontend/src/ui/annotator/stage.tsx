import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { type Contact, Hands } from "../../editor/hands";
import type { Button } from "../../editor/input";
import { Coordinates } from "./coordinates";
import { Minimap } from "./minimap";
import type { Annotator } from "./model";
import { ScaleBar } from "./scale-bar";

/** Starts drawing on two canvases; returns what ends it. The page's root gives it, so that panels don't know WebGL. */
export type Draw = (canvas: HTMLCanvasElement, overlay: HTMLCanvasElement, model: Annotator) => () => void;

const BUTTONS: readonly Button[] = ["left", "middle", "right"];
/** How much a notch of the wheel (100 units) zooms. */
const WHEEL = 1.18;

/** The canvas. Browser events become the editor's here and nowhere else. */
export function Stage({ model, draw }: { model: Annotator; draw: Draw }): JSX.Element {
  const stage = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const overlay = useRef<HTMLCanvasElement>(null);
  const { editor } = model;
  useEffect(() => {
    if (!stage.current || !canvas.current || !overlay.current) return;
    const element = stage.current;
    const measure = (): void =>
      editor.view.resize({ width: element.clientWidth, height: element.clientHeight });
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    const stop = draw(canvas.current, overlay.current, model);
    const unlisten = listen(element, model);
    return () => {
      observer.disconnect();
      unlisten();
      stop();
    };
  }, [model, draw]);
  return (
    <>
      <div class="stage" ref={stage} style={{ cursor: editor.cursor.value }}>
        <canvas ref={canvas} aria-label={`Image ${model.image.value.name}`} />
        <canvas ref={overlay} class="overlay" />
      </div>
      <ScaleBar model={model} />
      <Minimap model={model} />
      <Coordinates model={model} />
    </>
  );
}

function listen(element: HTMLElement, { editor }: Annotator): () => void {
  const hands = new Hands(editor);
  const contact = (event: PointerEvent): Contact => {
    const box = element.getBoundingClientRect();
    return {
      id: event.pointerId,
      kind: kindOf(event),
      screen: { x: event.clientX - box.left, y: event.clientY - box.top },
      button: BUTTONS[event.button] ?? "left",
      shift: event.shiftKey,
      alt: event.altKey,
      pressure: event.pressure,
      time: event.timeStamp,
    };
  };
  const down = (event: PointerEvent): void => {
    element.setPointerCapture(event.pointerId);
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
    event.preventDefault();
    hands.down(contact(event));
  };
  const move = (event: PointerEvent): void => {
    // A fast hand's points between two frames; without them a brush stroke has corners.
    const between = hands.drawing ? event.getCoalescedEvents() : [];
    for (const one of between.length > 1 ? between : [event]) hands.move(contact(one));
  };
  const up = (event: PointerEvent): void => hands.up(contact(event));
  const lost = (event: PointerEvent): void => hands.cancel(event.pointerId);
  const leave = (event: PointerEvent): void => hands.leave(kindOf(event));
  const double = (event: MouseEvent): void => {
    const box = element.getBoundingClientRect();
    const screen = { x: event.clientX - box.left, y: event.clientY - box.top };
    const { shiftKey: shift, altKey: alt } = event;
    const image = editor.view.toImage(screen);
    editor.dispatch({ type: "doubleclick", screen, image, button: "left", shift, alt, pressure: 0 });
  };
  const menu = (event: Event): void => event.preventDefault();
  const wheel = (event: WheelEvent): void => {
    event.preventDefault();
    const box = element.getBoundingClientRect();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 33 : 1;
    const turn = (event.deltaY || event.deltaX) * lines;
    if (event.altKey) editor.resizeBrush(turn < 0 ? 1.15 : 1 / 1.15);
    else if (event.shiftKey) editor.view.panBy(-turn, 0);
    else
      editor.view.zoom(WHEEL ** (-turn / 100), { x: event.clientX - box.left, y: event.clientY - box.top });
  };
  const listeners: readonly [string, (event: never) => void][] = [
    ["pointerdown", down],
    ["pointermove", move],
    ["pointerup", up],
    ["pointercancel", lost],
    ["pointerleave", leave],
    ["dblclick", double],
    ["contextmenu", menu],
    ["wheel", wheel],
  ];
  for (const [name, handler] of listeners) {
    element.addEventListener(name, handler as EventListener, { passive: false });
  }
  return () => {
    for (const [name, handler] of listeners) element.removeEventListener(name, handler as EventListener);
  };
}

function kindOf({ pointerType }: PointerEvent): Contact["kind"] {
  return pointerType === "pen" || pointerType === "touch" ? pointerType : "mouse";
}
