import type { Camera, Size } from "../editor/camera";
import type { Rgb } from "../editor/palette";
import type { Mask } from "../geometry/mask";
import { type Gl, type Program, programOf, textureOf, unpackFrom } from "./gl";
import { MASKS, QUAD } from "./shaders";
import { overlap, type Tile, tilesOf } from "./tiles";

/** The slot of the cell at each pixel, row by row; 0 where there is none. */
export interface Labels {
  readonly width: number;
  readonly height: number;
  readonly labels: Uint32Array;
  cells(): Iterable<{ readonly mask: Mask }>;
}

/** A larger texture would hold up the first picture of a large image in which there is nothing yet. */
const SIDE = 4096;

export interface MaskLook {
  readonly fill: number;
  readonly outline: number;
  readonly hover: number;
  readonly without: number;
  readonly accent: Rgb;
}

/** Slots in one row of the state texture; the shader knows it as a shift by ten bits. */
export const ROW = 1024;

/** All cells from one label texture: what a frame costs depends on the canvas, not on how many cells there are. */
export class MaskLayer {
  private readonly program: Program;
  /** A part without cells has no texture. */
  private readonly tiles: { tile: Tile; texture: WebGLTexture | null }[];
  private cells: WebGLTexture | null = null;
  private rows = 0;

  constructor(
    private readonly gl: Gl,
    private readonly source: Labels,
  ) {
    this.program = programOf(gl, QUAD, MASKS);
    const side = Math.min(SIDE, gl.getParameter(gl.MAX_TEXTURE_SIZE) as number);
    this.tiles = tilesOf(source.width, source.height, side).map((tile) => ({ tile, texture: null }));
    this.refresh({ x: 0, y: 0, width: source.width, height: source.height });
  }

  /** Copy a changed rectangle of the labels to the graphics card. */
  refresh(changed: Tile): void {
    const { gl, source } = this;
    for (const held of this.tiles) {
      const { tile } = held;
      let part = overlap(tile, changed);
      if (!part) continue;
      if (!held.texture) {
        if (!this.hasCells(tile)) continue;
        held.texture = textureOf(gl, gl.R32UI, tile.width, tile.height);
        part = tile;
      }
      gl.bindTexture(gl.TEXTURE_2D, held.texture);
      unpackFrom(gl, source.width, part.x, part.y);
      gl.texSubImage2D(
        gl.TEXTURE_2D,
        0,
        part.x - tile.x,
        part.y - tile.y,
        part.width,
        part.height,
        gl.RED_INTEGER,
        gl.UNSIGNED_INT,
        source.labels,
      );
    }
    unpackFrom(gl, 0, 0, 0);
  }

  private hasCells(tile: Tile): boolean {
    for (const { mask } of this.source.cells())
      if (overlap(tile, { x: mask.left, y: mask.top, width: mask.width, height: mask.height })) return true;
    return false;
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
    if (!this.cells || this.tiles.every(({ texture }) => !texture)) return;
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
    for (const { tile, texture } of this.tiles) {
      if (!texture) continue;
      gl.bindTexture(gl.TEXTURE_2D, texture);
      gl.uniform4f(program.at("u_rect"), tile.x, tile.y, tile.width, tile.height);
      gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
    }
  }
}
