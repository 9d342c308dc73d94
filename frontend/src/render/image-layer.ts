import type { Camera, Size } from "../editor/camera";
import type { ChannelLook, Looks } from "../editor/looks";
import { parseColour, type Rgb } from "../editor/palette";
import { type ImageShape, type PixelTiles, type TileAt, tileKey, type Values } from "../editor/pixel-tiles";
import { type Gl, type Program, programOf, textureOf, unpackFrom } from "./gl";
import { imageShader, QUAD } from "./shaders";
import { parentOf, rectOf, type TilePlace, tilesInSight } from "./tile-plan";

/** How long a finer tile takes to cover a coarser one. */
const FADE_MS = 120;
const TEXTURE_BYTES = 300e6;
/** More in one frame would hold up the hand. */
const UPLOADS_PER_FRAME = 12;
/** Tiles of neighbouring slices and frames that are loaded before anybody asks. */
const AHEAD = 48;

export interface ImageFrame {
  readonly camera: Camera;
  readonly viewport: Size;
  /** Device pixels for one CSS pixel. */
  readonly ratio: number;
  readonly looks: Looks;
  readonly t: number;
  readonly z: number | "max";
}

const WHITE: Rgb = [255, 255, 255];

interface Uploaded {
  readonly texture: WebGLTexture;
  readonly bytes: number;
  readonly since: number;
  used: number;
}

/** The image's channels, added up in their colours. Brightness is arithmetic in the shader: no value is ever changed. */
export class ImageLayer {
  private readonly program: Program;
  private readonly shape: ImageShape;
  private readonly uploaded = new Map<string, Uploaded>();
  private readonly still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  private bytes = 0;
  private frame = 0;
  private uploads = 0;
  private unfinished = false;
  private wanted = "";

  constructor(
    private readonly gl: Gl,
    private readonly tiles: PixelTiles,
  ) {
    this.shape = tiles.shape;
    const whole = this.shape.dtype === "uint8" || this.shape.dtype === "uint16";
    this.program = programOf(gl, QUAD, imageShader(whole ? "usampler2D" : "sampler2D"));
  }

  /** Draws what is here and has the rest loaded. True where the next frame will differ by itself. */
  draw(frame: ImageFrame): boolean {
    this.frame++;
    this.uploads = 0;
    this.unfinished = false;
    const seen = tilesInSight(this.shape, frame.camera, frame.viewport, frame.ratio);
    this.want(seen, frame);
    this.clear(frame);
    const { gl, program } = this;
    gl.useProgram(program.handle);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE);
    gl.blendEquation(frame.looks.inverted ? gl.FUNC_REVERSE_SUBTRACT : gl.FUNC_ADD);
    gl.activeTexture(gl.TEXTURE0);
    gl.uniform1i(program.at("u_tile"), 0);
    gl.uniform1i(program.at("u_smooth"), frame.camera.scale * frame.ratio < 1 ? 1 : 0);
    gl.uniform3f(program.at("u_camera"), frame.camera.x, frame.camera.y, frame.camera.scale);
    gl.uniform2f(program.at("u_viewport"), frame.viewport.width, frame.viewport.height);
    frame.looks.channels.forEach((look, c) => {
      if (look.shown) this.drawChannel(look, seen, { t: frame.t, z: frame.z, c });
    });
    gl.blendEquation(gl.FUNC_ADD);
    this.evict();
    return this.unfinished;
  }

  private drawChannel(
    look: ChannelLook,
    seen: readonly TilePlace[],
    of: Omit<TileAt, keyof TilePlace>,
  ): void {
    const { gl, program } = this;
    gl.uniform3f(program.at("u_contrast"), look.min, 1 / Math.max(1e-9, look.max - look.min), look.gamma);
    const colour = parseColour(look.colour) ?? WHITE;
    for (const place of seen) {
      const fine = this.textureAt({ ...of, ...place });
      const share = fine ? this.shareOf(fine) : 0;
      const coarse = share < 1 ? this.nearestAbove(place, of) : null;
      if (fine) this.drawTile(fine, place, place, colour, coarse ? share : 1);
      if (coarse) this.drawTile(coarse.uploaded, place, coarse.place, colour, 1 - share);
    }
  }

  private shareOf({ since }: Uploaded): number {
    if (this.still) return 1;
    const share = Math.min(1, (performance.now() - since) / FADE_MS);
    if (share < 1) this.unfinished = true;
    return share;
  }

  private nearestAbove(
    place: TilePlace,
    of: Omit<TileAt, keyof TilePlace>,
  ): { uploaded: Uploaded; place: TilePlace } | null {
    let above = parentOf(place);
    while (above.level < this.shape.levels.length) {
      const uploaded = this.textureAt({ ...of, ...above });
      if (uploaded) return { uploaded, place: above };
      above = parentOf(above);
    }
    return null;
  }

  /** The part of the image that `place` covers, out of the tile of `source`, which lies on the same or a coarser level. */
  private drawTile(
    { texture }: Uploaded,
    place: TilePlace,
    source: TilePlace,
    [red, green, blue]: Rgb,
    share: number,
  ): void {
    const { gl, program, shape } = this;
    const rect = rectOf(shape, place);
    const from = rectOf(shape, source);
    const side = 2 ** source.level;
    const share255 = share / 255;
    gl.bindTexture(gl.TEXTURE_2D, texture);
    gl.uniform4f(program.at("u_rect"), rect.x, rect.y, rect.width, rect.height);
    gl.uniform3f(program.at("u_from"), from.x, from.y, side);
    gl.uniform2i(program.at("u_last"), Math.ceil(from.width / side) - 1, Math.ceil(from.height / side) - 1);
    gl.uniform3f(program.at("u_colour"), red * share255, green * share255, blue * share255);
    gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
  }

  /** The image's own ground, black or white, inside of its edges. */
  private clear({ camera, viewport, ratio, looks }: ImageFrame): void {
    const { gl, shape } = this;
    const left = Math.round(-camera.x * camera.scale * ratio);
    const top = Math.round(-camera.y * camera.scale * ratio);
    const width = Math.round(shape.width * camera.scale * ratio);
    const height = Math.round(shape.height * camera.scale * ratio);
    const ground = looks.inverted ? 1 : 0;
    gl.enable(gl.SCISSOR_TEST);
    gl.scissor(left, Math.round(viewport.height * ratio) - top - height, width, height);
    gl.clearColor(ground, ground, ground, 1);
    gl.clear(gl.COLOR_BUFFER_BIT);
    gl.disable(gl.SCISSOR_TEST);
  }

  // --- tiles ------------------------------------------------------------------------------------------------------

  private want(seen: readonly TilePlace[], { looks, t, z }: ImageFrame): void {
    const channels = looks.channels.flatMap((look, c) => (look.shown ? [c] : []));
    const key = JSON.stringify([seen, channels, t, z]);
    if (key === this.wanted) return;
    this.wanted = key;
    const top = this.shape.levels.length - 1;
    const coarsest = seen.map(({ level, row, col }) => ({
      level: top,
      row: row >> (top - level),
      col: col >> (top - level),
    }));
    const whole = [...new Map(coarsest.map((place) => [`${place.row} ${place.col}`, place])).values()];
    const on = (places: readonly TilePlace[], plane: { t: number; z: number | "max" }): TileAt[] =>
      places.flatMap((place) => channels.map((c) => ({ ...place, ...plane, c })));
    const ahead = this.around(t, z).flatMap((plane) => on(seen, plane));
    this.tiles.want([...on(whole, { t, z }), ...on(seen, { t, z })], ahead.slice(0, AHEAD));
  }

  /** The planes that are likely to be next. */
  private around(t: number, z: number | "max"): { t: number; z: number | "max" }[] {
    const { size_t, size_z } = this.shape;
    const slices = z === "max" ? [] : [z + 1, z - 1, z + 2].map((other) => ({ t, z: other }));
    return [...slices, { t: t + 1, z }, { t: t - 1, z }].filter(
      (one) => one.t >= 0 && one.t < size_t && (one.z === "max" || (one.z >= 0 && one.z < size_z)),
    );
  }

  private textureAt(at: TileAt): Uploaded | null {
    const key = tileKey(at);
    const found = this.uploaded.get(key);
    if (found) {
      found.used = this.frame;
      return found;
    }
    const values = this.tiles.get(at);
    if (!values) return null;
    if (this.uploads >= UPLOADS_PER_FRAME) {
      this.unfinished = true;
      return null;
    }
    this.uploads++;
    const made = { ...this.upload(values), since: performance.now(), used: this.frame };
    this.uploaded.set(key, made);
    this.bytes += made.bytes;
    return made;
  }

  private upload(values: Values): { texture: WebGLTexture; bytes: number } {
    const { gl } = this;
    const side = this.shape.tile;
    const [inner, format, type] =
      values instanceof Uint8Array
        ? [gl.R8UI, gl.RED_INTEGER, gl.UNSIGNED_BYTE]
        : values instanceof Uint16Array
          ? [gl.R16UI, gl.RED_INTEGER, gl.UNSIGNED_SHORT]
          : [gl.R32F, gl.RED, gl.FLOAT];
    const texture = textureOf(gl, inner, side, side);
    unpackFrom(gl, 0, 0, 0);
    gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, side, side, format, type, values);
    return { texture, bytes: values.byteLength };
  }

  private evict(): void {
    if (this.bytes <= TEXTURE_BYTES) return;
    const unused = [...this.uploaded].filter(([, { used }]) => used < this.frame);
    for (const [key, { texture, bytes }] of unused.sort(([, a], [, b]) => a.used - b.used)) {
      if (this.bytes <= TEXTURE_BYTES * 0.8) return;
      this.gl.deleteTexture(texture);
      this.uploaded.delete(key);
      this.bytes -= bytes;
    }
  }
}
