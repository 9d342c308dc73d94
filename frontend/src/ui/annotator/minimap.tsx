import type { JSX } from "preact";
import type { Annotator } from "./model";

/** Its longer side, in CSS pixels. */
const SIDE = 132;

/** The whole image and the part of it that is on the canvas; only while that is not all of it. */
export function Minimap({ model }: { model: Annotator }): JSX.Element | null {
  const { view } = model.editor;
  const { x, y, scale } = view.camera.value;
  const viewport = view.viewport.value;
  if (!view.visible) return null;
  const shrink = SIDE / Math.max(view.image.width, view.image.height);
  const go = (event: PointerEvent): void => {
    if (event.buttons === 0 || !(event.currentTarget instanceof HTMLElement)) return;
    const box = event.currentTarget.getBoundingClientRect();
    view.goTo({ x: (event.clientX - box.left) / shrink, y: (event.clientY - box.top) / shrink });
  };
  return (
    <div
      class="minimap"
      aria-hidden="true"
      style={{ width: `${view.image.width * shrink}px`, height: `${view.image.height * shrink}px` }}
      onPointerDown={go}
      onPointerMove={go}
    >
      <img src={model.api.thumbnail(model.image.value.id)} alt="" draggable={false} />
      <div
        style={{
          left: `${x * shrink}px`,
          top: `${y * shrink}px`,
          width: `${(viewport.width / scale) * shrink}px`,
          height: `${(viewport.height / scale) * shrink}px`,
        }}
      />
    </div>
  );
}
