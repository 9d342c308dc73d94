/** What networks get of a project's images, apart from what is displayed. */

import type { PlaneAt } from "../store/types";

/** `channels`: one, or red, green and blue; `ranges`: for each the values that become black and white, where the scaling
 * is fixed. */
export interface Recipe {
  readonly channels: readonly number[];
  readonly projection: "none" | "max" | "mean";
  readonly scaling: "values" | "image" | "fixed";
  readonly ranges: readonly (readonly number[])[];
}

/** Every method rejects with an Error whose message is a sentence for the person. */
export interface RecipesPort {
  list(): Promise<readonly (Recipe & { readonly engine: string })[]>;
  keep(engine: string, recipe: Recipe): Promise<unknown>;
  forget(engine: string): Promise<unknown>;
  /** A picture of what the engine would get of a plane. */
  look(imageId: string, engine: string, recipe: Recipe, plane: PlaneAt): Promise<Blob>;
}

/** What an engine gets where nobody has said anything. */
export function firstRecipe(rgb: boolean): Recipe {
  return { channels: rgb ? [0, 1, 2] : [0], projection: "none", scaling: "values", ranges: [] };
}

/** One pair for each channel where the scaling needs them, none otherwise; those that are there stay. */
export function withRanges(recipe: Recipe, info: readonly { low: number; high: number }[]): Recipe {
  if (recipe.scaling !== "fixed") return { ...recipe, ranges: [] };
  const ranges = recipe.channels.map((c, at) => recipe.ranges[at] ?? [info[c]?.low ?? 0, info[c]?.high ?? 1]);
  return { ...recipe, ranges };
}
