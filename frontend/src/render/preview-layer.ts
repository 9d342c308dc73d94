import type { Camera, Size } from "../editor/camera";
import type { Rgb } from "../editor/palette";
import type { Bitmap } from "../geometry/mask";
import { type Gl, type Program, programOf, textureOf, unpackFrom } from "./gl";
import { PREVIEW, QUAD } from "./shaders";

/** One mask or many (see geometry/many.ts), proposed or being drawn: dashed with a faint fill while proposed, solid while drawn by hand. */
export class PreviewLayer {
  private readonly program: Program;
  private texture: WebGLTexture | null = null;
  private shown: Bitmap | null = null;
  private room = { width: 0, height: 0 };

  constructor(private readonly gl: Gl) {
    this.program = programOf(gl, QUAD, PREVIEW);
  }

  set(bitmap: Bitmap | null): void {
    if (bitmap === this.shown) return;
    this.shown = bitmap;
    if (!bitmap || bitmap.width === 0 || bitmap.height === 0) return;
    const { gl } = this;
    if (!this.texture || bitmap.width > this.room.width || bitmap.height > this.room.height) {
      gl.deleteTexture(this.texture);
      this.room = { width: roomFor(bitmap.width), height: roomFor(bitmap.height) };
      this.texture = textureOf(gl, gl.R8UI, this.room.width, this.room.height);
    }
    gl.bindTexture(gl.TEXTURE_2D, this.texture);
    unpackFrom(gl, 0, 0, 0);
    gl.texSubImage2D(
      gl.TEXTURE_2D,
      0,
      0,
      0,
      bitmap.width,
      bitmap.height,
      gl.RED_INTEGER,
      gl.UNSIGNED_BYTE,
      bitmap.data,
    );
  }

  draw(camera: Camera, viewport: Size, colour: Rgb, dashed: boolean): void {
    const { gl, program, shown } = this;
    if (!shown || !this.texture || shown.width === 0 || shown.height === 0) return;
    gl.useProgram(program.handle);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    gl.activeTexture(gl.TEXTURE0);
    gl.bindTexture(gl.TEXTURE_2D, this.texture);
    gl.uniform1i(program.at("u_mask"), 0);
    gl.uniform3f(program.at("u_camera"), camera.x, camera.y, camera.scale);
    gl.uniform2f(program.at("u_viewport"), viewport.width, viewport.height);
    gl.uniform3f(program.at("u_colour"), colour[0] / 255, colour[1] / 255, colour[2] / 255);
    gl.uniform1i(program.at("u_dashed"), dashed ? 1 : 0);
    gl.uniform1f(program.at("u_fill"), dashed ? 0.16 : 0.3);
    gl.uniform4f(program.at("u_rect"), shown.left, shown.top, shown.width, shown.height);
    gl.uniform4f(program.at("u_box"), shown.left, shown.top, shown.width, shown.height);
    gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
  }
}

/** Textures grow in steps, so that a growing stroke doesn't make a new one at every move; large ones by less than twice. */
function roomFor(side: number): number {
  return side > 1024 ? 1024 * Math.ceil(side / 1024) : Math.max(64, 2 ** Math.ceil(Math.log2(side)));
}
