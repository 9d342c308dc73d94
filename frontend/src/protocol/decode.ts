/** Checks what comes from the server against shapes that are generated from its own models. */

/** What is wrong with a frame, and where in it. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";
}

interface ModelShape {
  readonly fields: Readonly<Record<string, Shape>>;
  readonly optional: readonly string[];
  readonly defaults: Readonly<Record<string, unknown>>;
}

export type Shape =
  | "string"
  | "number"
  | "integer"
  | "boolean"
  | { readonly ref: string }
  | { readonly oneOf: readonly (string | number | boolean | null)[] }
  | { readonly nullable: Shape }
  | { readonly list: Shape };

type Shapes = Readonly<Record<string, ModelShape | { readonly oneOf: readonly string[] }>>;

function refuse(where: string, expected: string): never {
  throw new ProtocolError(`${where || "message"}: expected ${expected}.`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function checkPrimitive(shape: string, value: unknown, where: string): void {
  if (shape === "integer") {
    if (!Number.isSafeInteger(value)) refuse(where, "a whole number");
  } else if (shape === "number") {
    if (typeof value !== "number" || !Number.isFinite(value)) refuse(where, "a number");
  } else if (typeof value !== shape) {
    refuse(where, `a ${shape}`);
  }
}

function checkModel(shapes: Shapes, name: string, value: unknown, where: string): void {
  const shape = shapes[name];
  if (!shape) refuse(where, `something known, not a ${name}`);
  if ("oneOf" in shape) {
    check(shapes, shape, value, where);
    return;
  }
  if (!isRecord(value)) refuse(where, `a ${name}`);
  for (const [field, inner] of Object.entries(shape.fields)) {
    const path = where ? `${where}.${field}` : field;
    if (value[field] !== undefined) check(shapes, inner, value[field], path);
    else if (!shape.optional.includes(field)) refuse(path, "a value");
    else if (field in shape.defaults) value[field] = structuredClone(shape.defaults[field]);
  }
}

function check(shapes: Shapes, shape: Shape, value: unknown, where: string): void {
  if (typeof shape === "string") checkPrimitive(shape, value, where);
  else if ("ref" in shape) checkModel(shapes, shape.ref, value, where);
  else if ("nullable" in shape) {
    if (value !== null) check(shapes, shape.nullable, value, where);
  } else if ("oneOf" in shape) {
    if (!shape.oneOf.some((allowed) => allowed === value)) refuse(where, `one of ${shape.oneOf.join(", ")}`);
  } else {
    if (!Array.isArray(value)) refuse(where, "a list");
    for (let index = 0; index < value.length; index++)
      check(shapes, shape.list, value[index], `${where}.${index}`);
  }
}

/** A decoder for messages told apart by their `type`. Unknown fields pass: a newer server may say more. */
export function decoder<Message>(byType: Readonly<Record<string, string>>, shapes: Shapes) {
  return (text: string): Message => {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      refuse("", "JSON");
    }
    if (!isRecord(value)) refuse("", "an object");
    const type = value.type;
    const name = typeof type === "string" && Object.hasOwn(byType, type) ? byType[type] : undefined;
    if (!name) refuse("type", `one of ${Object.keys(byType).join(", ")}`);
    checkModel(shapes, name, value, "");
    return value as Message;
  };
}
