/** The little of WebGL2 that every layer needs. */

export type Gl = WebGL2RenderingContext;

/** A linked program; ``at`` gives the place of a uniform. */
export interface Program {
  readonly handle: WebGLProgram;
  at(name: string): WebGLUniformLocation | null;
}

function compile(gl: Gl, kind: number, source: string): WebGLShader {
  const shader = gl.createShader(kind);
  if (!shader) throw new Error("The graphics card gave no shader. Close other tabs and reload the page.");
  gl.shaderSource(shader, source);
  gl.compileShader(shader);
  return shader;
}

/** Whether it worked is asked when it is first drawn with: until then the driver works beside the page, which would wait
 * for seconds where there is no graphics card. */
export function programOf(gl: Gl, vertex: string, fragment: string): Program {
  const program = gl.createProgram();
  const shaders = [compile(gl, gl.VERTEX_SHADER, vertex), compile(gl, gl.FRAGMENT_SHADER, fragment)];
  for (const shader of shaders) gl.attachShader(program, shader);
  gl.linkProgram(program);
  const places = new Map<string, WebGLUniformLocation | null>();
  let checked = false;
  return {
    get handle() {
      if (!checked && !gl.getProgramParameter(program, gl.LINK_STATUS) && !gl.isContextLost()) {
        const logs = [gl.getProgramInfoLog(program), ...shaders.map((shader) => gl.getShaderInfoLog(shader))];
        throw new Error(`A shader does not link: ${logs.filter(Boolean).join(" ")}`);
      }
      checked = true;
      return program;
    },
    at(name) {
      let place = places.get(name);
      if (place === undefined) {
        place = gl.getUniformLocation(program, name);
        places.set(name, place);
      }
      return place;
    },
  };
}

/** An immutable texture without filtering (integer textures have none). */
export function textureOf(gl: Gl, format: number, width: number, height: number, levels = 1): WebGLTexture {
  const texture = gl.createTexture();
  gl.bindTexture(gl.TEXTURE_2D, texture);
  gl.texStorage2D(gl.TEXTURE_2D, levels, format, width, height);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, levels > 1 ? gl.NEAREST_MIPMAP_NEAREST : gl.NEAREST);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
  return texture;
}

/** The next upload takes a rectangle at (x, y) out of rows of ``width`` pixels. */
export function unpackFrom(gl: Gl, width: number, x: number, y: number): void {
  gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
  gl.pixelStorei(gl.UNPACK_ROW_LENGTH, width);
  gl.pixelStorei(gl.UNPACK_SKIP_PIXELS, x);
  gl.pixelStorei(gl.UNPACK_SKIP_ROWS, y);
}
