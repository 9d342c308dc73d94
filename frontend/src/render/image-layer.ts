import type { Camera, Size } from "../editor/camera";
import type { Contrast, Plane } from "../editor/plane";
import { type Gl, type Program, programOf, textureOf, unpackFrom } from "./gl";
import { type Level, levelFor, levelsOf, pyramidOf } from "./pyramid";
import { IMAGE, QUAD } from "./shaders";
import { type Tile, tilesOf } from "./tiles";

/** Textures are no larger than this even where the card could: uploads stay short. */
const MAX_SIDE = 4096;

interface Piece {
  readonly tile: Tile;
  readonly levels: number;
  readonly texture: WebGLTexture;
}

/** The image with its contrast. 8 and 16 bit stay what they are: brightness is arithmetic in the shader. */
export class ImageLayer {
  private readonly program: Program;
  private readonly pieces: Piece[];

  constructor(
    private readonly gl: Gl,
    private readonly plane: Plane,
  ) {
    this.program = programOf(gl, QUAD, IMAGE);
    const side = Math.min(MAX_SIDE, gl.getParameter(gl.MAX_TEXTURE_SIZE) as number);
    this.pieces = tilesOf(plane.width, plane.height, side).map((tile) => this.upload(tile));
  }

  private upload(tile: Tile): Piece {
    const { gl, plane } = this;
    const wide = plane.data instanceof Uint16Array;
    const rgb = plane.channels === 3;
    const inner = rgb ? (wide ? gl.RGB16UI : gl.RGB8UI) : wide ? gl.R16UI : gl.R8UI;
    const format = rgb ? gl.RGB_INTEGER : gl.RED_INTEGER;
    const type = wide ? gl.UNSIGNED_SHORT : gl.UNSIGNED_BYTE;
    const levels = levelsOf(tile.width, tile.height);
    const texture = textureOf(gl, inner, tile.width, tile.height, levels);
    unpackFrom(gl, plane.width, tile.x, tile.y);
    gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, tile.width, tile.height, format, type, plane.data);
    unpackFrom(gl, 0, 0, 0);
    pyramidOf(this.cut(tile), plane.channels).forEach((level, above) => {
      gl.texSubImage2D(gl.TEXTURE_2D, above + 1, 0, 0, level.width, level.height, format, type, level.data);
    });
    return { tile, levels, texture };
  }

  private cut(tile: Tile): Level {
    const { plane } = this;
    if (tile.width === plane.width && tile.height === plane.height) return plane;
    const length = tile.width * plane.channels;
    const data =
      plane.data instanceof Uint16Array
        ? new Uint16Array(length * tile.height)
        : new Uint8Array(length * tile.height);
    for (let row = 0; row < tile.height; row++) {
      const start = ((tile.y + row) * plane.width + tile.x) * plane.channels;
      data.set(plane.data.subarray(start, start + length), row * length);
    }
    return { width: tile.width, height: tile.height, data };
  }

  /** ``scale``: device pixels for one image pixel, which decides on the level. */
  draw(camera: Camera, viewport: Size, scale: number, contrast: Contrast): void {
    const { gl, program } = this;
    gl.useProgram(program.handle);
    gl.disable(gl.BLEND);
    gl.activeTexture(gl.TEXTURE0);
    gl.uniform1i(program.at("u_plane"), 0);
    gl.uniform3f(program.at("u_camera"), camera.x, camera.y, camera.scale);
    gl.uniform2f(program.at("u_viewport"), viewport.width, viewport.height);
    gl.uniform1i(program.at("u_rgb"), this.plane.channels === 3 ? 1 : 0);
    gl.uniform3f(
      program.at("u_contrast"),
      contrast.min,
      1 / Math.max(1e-6, contrast.max - contrast.min),
      contrast.gamma,
    );
    for (const { tile, levels, texture } of this.pieces) {
      gl.bindTexture(gl.TEXTURE_2D, texture);
      gl.uniform4f(program.at("u_rect"), tile.x, tile.y, tile.width, tile.height);
      gl.uniform1i(program.at("u_level"), levelFor(scale, levels));
      gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
    }
  }
}
