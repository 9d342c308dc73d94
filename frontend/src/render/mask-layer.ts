import type { Camera, Size } from "../editor/camera";
import type { Rgb } from "../editor/palette";
import type { Box } from "../geometry/box";
import { boxesMeet, boxWithin } from "../geometry/box";
import type { CellView } from "../store/types";
import { type Gl, type Program, programOf, textureOf, unpackFrom } from "./gl";
import { type Held, overviewHeld, sizeOf, tilesHeld, uploadOf } from "./mask-tiles";
import { MASKS, QUAD } from "./shaders";

export type Labels = Pick<CellView, "width" | "height" | "squaresIn">;

/** Tiles out of sight of which the textures are kept. */
const KEPT = 12;

export interface MaskLook {
  readonly fill: number;
  readonly outline: number;
  readonly hover: number;
  readonly without: number;
  readonly accent: Rgb;
}

/** Slots in one row of the state texture; the shader knows it as a shift by ten bits. */
export const ROW = 1024;

/** All cells from label textures: what a frame costs depends on the canvas, not on how many cells there are, and what
 * the graphics card holds depends on what is in sight, not on how large the image is. */
export class MaskLayer {
  private readonly program: Program;
  private readonly tiles: readonly Held[];
  private readonly overview: Held | null;
  /** The one that was used last comes last. Where there are no cells, there is none. */
  private readonly textures = new Map<Held, WebGLTexture>();
  private cells: WebGLTexture | null = null;
  private rows = 0;

  constructor(
    private readonly gl: Gl,
    private readonly source: Labels,
  ) {
    this.program = programOf(gl, QUAD, MASKS);
    this.tiles = tilesHeld(source, gl.getParameter(gl.MAX_TEXTURE_SIZE) as number);
    this.overview = overviewHeld(source);
  }

  /** Copy a changed rectangle of the labels to the graphics card, where it has them already. */
  refresh(changed: Box): void {
    for (const [tile, texture] of this.textures) this.copy(tile, texture, changed);
  }

  private copy(tile: Held, texture: WebGLTexture, changed: Box): void {
    const { gl } = this;
    gl.bindTexture(gl.TEXTURE_2D, texture);
    for (const square of this.source.squaresIn(boxWithin(tile.held, changed))) {
      const part = uploadOf(tile, square);
      if (!part) continue;
      const { x, y, width, height, labels, stride, first } = part;
      unpackFrom(gl, stride, first % stride, Math.floor(first / stride));
      gl.texSubImage2D(gl.TEXTURE_2D, 0, x, y, width, height, gl.RED_INTEGER, gl.UNSIGNED_INT, labels);
    }
    unpackFrom(gl, 0, 0, 0);
  }

  /** The texture of what is about to be drawn. */
  private textureFor(tile: Held): WebGLTexture | null {
    let texture = this.textures.get(tile);
    if (texture) this.textures.delete(tile);
    else {
      if (this.source.squaresIn(tile.held).next().done) return null;
      const { width, height } = sizeOf(tile);
      texture = textureOf(this.gl, this.gl.R32UI, width, height);
      this.copy(tile, texture, tile.held);
    }
    this.textures.set(tile, texture);
    return texture;
  }

  private forget(most: number): void {
    for (const [tile, texture] of this.textures) {
      if (this.textures.size <= most) return;
      this.gl.deleteTexture(texture);
      this.textures.delete(tile);
    }
  }

  private inSight(camera: Camera, { width, height }: Size): readonly Held[] {
    if (this.overview && camera.scale * this.overview.stride <= 1) return [this.overview];
    const seen = {
      top: camera.y,
      left: camera.x,
      bottom: camera.y + height / camera.scale,
      right: camera.x + width / camera.scale,
    };
    return this.tiles.filter(({ box }) => boxesMeet(box, seen));
  }

  /** Colour and state of every slot: four bytes each, whole rows of ROW slots. */
  setCells(states: Uint8Array): void {
    const { gl } = this;
    const rows = states.length / (ROW * 4);
    if (!this.cells || rows !== this.rows) {
      gl.deleteTexture(this.cells);
      this.cells = textureOf(gl, gl.RGBA8UI, ROW, rows);
      this.rows = rows;
    }
    gl.bindTexture(gl.TEXTURE_2D, this.cells);
    unpackFrom(gl, 0, 0, 0);
    gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, ROW, rows, gl.RGBA_INTEGER, gl.UNSIGNED_BYTE, states);
  }

  draw(camera: Camera, viewport: Size, look: MaskLook): void {
    const { gl, program } = this;
    if (!this.cells) return;
    const shown = this.inSight(camera, viewport);
    gl.useProgram(program.handle);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    gl.uniform3f(program.at("u_camera"), camera.x, camera.y, camera.scale);
    gl.uniform2f(program.at("u_viewport"), viewport.width, viewport.height);
    gl.uniform2f(program.at("u_opacity"), look.fill, look.outline);
    gl.uniform1ui(program.at("u_hover"), look.hover);
    gl.uniform1ui(program.at("u_without"), look.without);
    gl.uniform3f(program.at("u_accent"), look.accent[0] / 255, look.accent[1] / 255, look.accent[2] / 255);
    gl.uniform1i(program.at("u_labels"), 0);
    gl.uniform1i(program.at("u_cells"), 1);
    gl.activeTexture(gl.TEXTURE1);
    gl.bindTexture(gl.TEXTURE_2D, this.cells);
    gl.activeTexture(gl.TEXTURE0);
    for (const tile of shown) {
      const texture = this.textureFor(tile);
      if (!texture) continue;
      const { box, held, stride } = tile;
      gl.bindTexture(gl.TEXTURE_2D, texture);
      gl.uniform4f(program.at("u_rect"), box.left, box.top, box.right - box.left, box.bottom - box.top);
      gl.uniform3f(program.at("u_held"), held.left, held.top, stride);
      gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
    }
    this.forget(shown.length + KEPT);
  }
}
