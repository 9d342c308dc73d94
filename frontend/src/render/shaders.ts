/**
 * All shaders. A layer draws rectangles in image coordinates; fragments know where in the image they are (v_image) and
 * read integer textures by texel, so that nothing is ever interpolated between two cells' numbers.
 */

export const QUAD = `#version 300 es
precision highp float;
uniform vec4 u_rect;      // x, y, width, height in image pixels
uniform vec3 u_camera;    // x, y, scale
uniform vec2 u_viewport;  // CSS pixels
out vec2 v_image;
void main() {
  vec2 corner = vec2(float(gl_VertexID & 1), float(gl_VertexID >> 1));
  v_image = u_rect.xy + corner * u_rect.zw;
  vec2 screen = (v_image - u_camera.xy) * u_camera.z;
  gl_Position = vec4(screen / u_viewport * vec2(2.0, -2.0) + vec2(-1.0, 1.0), 0.0, 1.0);
}`;

/** One channel's tile in its colour; `sampler` is usampler2D for whole numbers of 8 and 16 bit, sampler2D for others. */
export function imageShader(sampler: "usampler2D" | "sampler2D"): string {
  return `#version 300 es
precision highp float;
precision highp int;
precision highp ${sampler};
uniform ${sampler} u_tile;
uniform vec3 u_from;      // where in the image the tile begins, and how many image pixels its pixels are wide
uniform ivec2 u_last;     // its last pixel inside of the image
uniform bool u_smooth;
uniform vec3 u_contrast;  // min, 1 / (max - min), gamma
uniform vec3 u_colour;
in vec2 v_image;
out vec4 o_colour;

float value(ivec2 at) {
  return float(texelFetch(u_tile, clamp(at, ivec2(0), u_last), 0).r);
}

void main() {
  vec2 at = (v_image - u_from.xy) / u_from.z;
  float raw;
  if (u_smooth || u_from.z > 1.0) {
    vec2 low = floor(at - 0.5);
    vec2 part = at - 0.5 - low;
    ivec2 i = ivec2(low);
    raw = mix(mix(value(i), value(i + ivec2(1, 0)), part.x),
              mix(value(i + ivec2(0, 1)), value(i + ivec2(1, 1)), part.x), part.y);
  } else {
    raw = value(ivec2(floor(at)));
  }
  float shown = clamp((raw - u_contrast.x) * u_contrast.y, 0.0, 1.0);
  o_colour = vec4(u_colour * pow(shown, u_contrast.z), 1.0);
}`;
}

export const MASKS = `#version 300 es
precision highp float;
precision highp int;
precision highp usampler2D;
uniform usampler2D u_labels;   // slot of the cell at each pixel, 0 where there is none
uniform vec3 u_held;           // where in the image the labels begin, and how many image pixels their pixels are wide
uniform usampler2D u_cells;    // per slot: red, green, blue, state (1 selected, 2 hidden)
uniform vec3 u_camera;
uniform vec2 u_opacity;        // fill, outline
uniform uint u_hover;
uniform uint u_without;        // slot of a cell that is being edited, drawn by the preview layer instead
uniform vec3 u_accent;
in vec2 v_image;
out vec4 o_colour;

uint slotAt(vec2 at) {
  ivec2 texel = clamp(ivec2(floor((at - u_held.xy) / u_held.z)), ivec2(0), textureSize(u_labels, 0) - 1);
  return texelFetch(u_labels, texel, 0).r;
}

bool edge(uint slot, float reach) {
  bool beside = slotAt(v_image + vec2(reach, 0.0)) != slot || slotAt(v_image - vec2(reach, 0.0)) != slot
             || slotAt(v_image + vec2(0.0, reach)) != slot || slotAt(v_image - vec2(0.0, reach)) != slot;
  // Corners are seen only where pixels are: zoomed out, half of the reads are saved.
  if (beside || u_camera.z < 1.0) return beside;
  float d = reach * 0.7071;
  return slotAt(v_image + vec2(d, d)) != slot || slotAt(v_image - vec2(d, d)) != slot
      || slotAt(v_image + vec2(d, -d)) != slot || slotAt(v_image - vec2(d, -d)) != slot;
}

void main() {
  uint slot = slotAt(v_image);
  if (slot == 0u || slot == u_without) discard;
  uvec4 cell = texelFetch(u_cells, ivec2(int(slot & 1023u), int(slot >> 10u)), 0);
  if ((cell.a & 2u) != 0u) discard;
  bool selected = (cell.a & 1u) != 0u;
  bool hovered = slot == u_hover;
  vec3 colour = vec3(cell.rgb) / 255.0;
  float width = selected ? 2.6 : hovered ? 2.0 : 1.3;
  float fill = u_opacity.x + (selected ? 0.14 : 0.0) + (hovered ? 0.1 : 0.0);
  if (edge(slot, width / u_camera.z)) {
    float strength = selected || hovered ? 1.0 : u_opacity.y;
    o_colour = vec4((selected ? u_accent : colour) * strength, strength);
  } else {
    o_colour = vec4(colour * fill, fill);
  }
}`;

export const PREVIEW = `#version 300 es
precision highp float;
precision highp int;
precision highp usampler2D;
uniform usampler2D u_mask;
uniform vec4 u_rect;
uniform vec4 u_box;        // the masks' box: x, y, width, height
uniform vec3 u_camera;
uniform vec3 u_colour;
uniform bool u_dashed;
uniform float u_fill;
in vec2 v_image;
out vec4 o_colour;

// Which mask a pixel belongs to: masks that touch have different numbers, 0 is none.
uint maskAt(vec2 at) {
  ivec2 texel = ivec2(floor(at - u_box.xy));
  if (any(lessThan(texel, ivec2(0))) || any(greaterThanEqual(texel, ivec2(u_box.zw)))) return 0u;
  return texelFetch(u_mask, texel, 0).r;
}

void main() {
  uint own = maskAt(v_image);
  if (own == 0u) discard;
  float reach = 2.0 / u_camera.z;
  float d = reach * 0.7071;
  bool rim = maskAt(v_image + vec2(reach, 0.0)) != own || maskAt(v_image - vec2(reach, 0.0)) != own
          || maskAt(v_image + vec2(0.0, reach)) != own || maskAt(v_image - vec2(0.0, reach)) != own
          || maskAt(v_image + vec2(d, d)) != own || maskAt(v_image - vec2(d, d)) != own
          || maskAt(v_image + vec2(d, -d)) != own || maskAt(v_image - vec2(d, -d)) != own;
  vec2 screen = (v_image - u_camera.xy) * u_camera.z;
  bool dash = !u_dashed || mod(screen.x + screen.y, 9.0) < 5.0;
  if (rim) {
    o_colour = dash ? vec4(u_colour, 1.0) : vec4(vec3(0.0), 0.55);
  } else {
    o_colour = vec4(u_colour * u_fill, u_fill);
  }
}`;
