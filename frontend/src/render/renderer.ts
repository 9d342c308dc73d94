import { effect, type ReadonlySignal } from "@preact/signals";
import type { Editor } from "../editor/editor";
import { proposalOf } from "../editor/fixes";
import type { Rgb } from "../editor/palette";
import type { PixelTiles } from "../editor/pixel-tiles";
import type { Bitmap } from "../geometry/mask";
import { CellStates } from "./cell-states";
import { FrameLoop } from "./frame-loop";
import type { Gl } from "./gl";
import { ImageLayer } from "./image-layer";
import { MaskLayer } from "./mask-layer";
import { Overlay } from "./overlay";
import { PreviewLayer } from "./preview-layer";

const ACCENT: Rgb = [76, 194, 255];
const ERASE: Rgb = [255, 107, 107];

interface Layers {
  readonly image: ImageLayer;
  readonly masks: MaskLayer;
  readonly preview: PreviewLayer;
  readonly proposal: PreviewLayer;
}

/** Draws an editor onto two canvases. It listens to what it reads and draws at the next frame after a change. */
export class Renderer {
  private readonly gl: Gl;
  private readonly overlay: Overlay;
  private readonly loop = new FrameLoop(() => this.draw());
  private readonly states: CellStates;
  private layers: Layers | null = null;
  private statesChanged = true;
  private readonly ends: (() => void)[] = [];

  constructor(
    private readonly canvas: HTMLCanvasElement,
    overlay: HTMLCanvasElement,
    private readonly editor: Editor,
    private readonly tiles: PixelTiles,
  ) {
    const gl = canvas.getContext("webgl2", {
      alpha: false,
      antialias: false,
      powerPreference: "high-performance",
    });
    if (!gl) {
      throw new Error(
        "This browser can't draw with WebGL 2. Switch on graphics acceleration in its settings and reload.",
      );
    }
    this.gl = gl;
    this.overlay = new Overlay(overlay, editor);
    this.states = new CellStates(editor.session.store);
    this.layers = this.build();
    this.listen();
    this.watch();
  }

  private build(): Layers {
    const { gl, tiles, editor } = this;
    editor.session.store.takeDirty();
    this.statesChanged = true;
    return {
      image: new ImageLayer(gl, tiles),
      masks: new MaskLayer(gl, editor.session.store),
      preview: new PreviewLayer(gl),
      proposal: new PreviewLayer(gl),
    };
  }

  /** A graphics card that was reset or given to somebody else: everything is made again from what the page holds. */
  private listen(): void {
    const lost = (event: Event): void => {
      event.preventDefault();
      this.layers = null;
    };
    const restored = (): void => {
      this.layers = this.build();
      this.loop.request();
    };
    this.canvas.addEventListener("webglcontextlost", lost);
    this.canvas.addEventListener("webglcontextrestored", restored);
    this.ends.push(() => {
      this.canvas.removeEventListener("webglcontextlost", lost);
      this.canvas.removeEventListener("webglcontextrestored", restored);
    });
  }

  private watch(): void {
    const { editor, states } = this;
    const { store } = editor.session;
    const touch = (): void => {
      this.statesChanged = true;
      this.loop.request();
    };
    this.ends.push(
      store.subscribe(({ ids }) => {
        states.colour(ids, editor.classes.peek());
        touch();
      }),
      effect(() => {
        states.colour(
          [...store.cells()].map((cell) => cell.id),
          editor.classes.value,
        );
        touch();
      }),
      effect(() => {
        states.select(editor.selection.value);
        touch();
      }),
      ...this.shown().map((one) => one.subscribe(() => this.loop.request())),
    );
  }

  /** Everything that a frame depends on. Subscribed to by name: a bundler drops a read whose value nobody uses. */
  private shown(): readonly ReadonlySignal<unknown>[] {
    const { editor } = this;
    const { view, prompting, tuning, session } = editor;
    return [
      view.camera,
      view.viewport,
      view.looks,
      view.position,
      view.projected,
      this.tiles.arrivals,
      view.fill,
      view.outline,
      view.masksHidden,
      editor.hover,
      editor.pointer,
      editor.dragBox,
      editor.draft,
      editor.tipRadius,
      editor.sketch,
      editor.regions.list,
      editor.regions.selected,
      editor.regions.draft,
      editor.toolId,
      editor.cursor,
      prompting.points,
      prompting.box,
      prompting.scribbles,
      prompting.stroke,
      prompting.bitmap,
      tuning.shown,
      editor.inspector.current,
      editor.past.shown,
      editor.compared,
      session.members,
    ];
  }

  private draw(): void {
    const { gl, canvas, layers, editor } = this;
    const { view } = editor;
    const viewport = view.viewport.peek();
    if (viewport.width === 0 || viewport.height === 0) return;
    const ratio = window.devicePixelRatio || 1;
    this.overlay.draw(viewport, ratio);
    if (!layers || gl.isContextLost()) return;
    const width = Math.round(viewport.width * ratio);
    const height = Math.round(viewport.height * ratio);
    if (canvas.width !== width || canvas.height !== height) {
      canvas.width = width;
      canvas.height = height;
    }
    gl.viewport(0, 0, width, height);
    gl.clearColor(0.02, 0.024, 0.031, 1);
    gl.clear(gl.COLOR_BUFFER_BIT);
    this.update(layers);
    const camera = view.camera.peek();
    const { t, z } = view.position.peek();
    const shown = view.projected.peek() ? "max" : z;
    const looks = view.looks.peek();
    if (layers.image.draw({ camera, viewport, ratio, looks, t, z: shown })) this.loop.request();
    if (!view.masksHidden.peek() && !editor.past.shown.peek()) this.drawMasks(layers);
    this.drawProposal(layers);
    this.drawPreview(layers);
  }

  private update(layers: Layers): void {
    for (const changed of this.editor.session.store.takeDirty()) layers.masks.refresh(changed);
    if (this.statesChanged) layers.masks.setCells(this.states.bytes);
    this.statesChanged = false;
  }

  private drawMasks(layers: Layers): void {
    const { view, session, hover, draft } = this.editor;
    const hovered = hover.peek();
    const without = draft.peek()?.without;
    layers.masks.draw(view.camera.peek(), view.viewport.peek(), {
      fill: view.fill.peek(),
      outline: view.outline.peek(),
      hover: hovered ? session.store.slotOf(hovered) : 0,
      without: without ? session.store.slotOf(without) : 0,
      accent: ACCENT,
    });
  }

  private drawProposal({ proposal }: Layers): void {
    const { view, tuning } = this.editor;
    const shown = tuning.shown.peek()?.bitmap ?? null;
    proposal.set(shown);
    if (shown) proposal.draw(view.camera.peek(), view.viewport.peek(), ACCENT, true);
  }

  private drawPreview({ preview }: Layers): void {
    const { view, prompting, draft, session } = this.editor;
    const drawn = draft.peek();
    const own: Bitmap | null = drawn?.bitmap ?? prompting.bitmap.peek();
    const finding = own ? null : this.editor.inspector.current.peek();
    const fix = finding ? proposalOf(session.store, finding) : null;
    const shown = own ?? fix?.bitmap ?? null;
    preview.set(shown);
    if (shown) {
      const colour = drawn?.kind === "erase" || fix?.gone ? ERASE : ACCENT;
      preview.draw(view.camera.peek(), view.viewport.peek(), colour, !drawn);
    }
  }

  close(): void {
    for (const end of this.ends) end();
    this.loop.stop();
  }
}
