import type { Recipe, RecipesPort } from "../editor/recipes";

/** Recipes that a page keeps for itself. */
export class FakeRecipes implements RecipesPort {
  private readonly kept = new Map<string, Recipe>();

  async list(): Promise<(Recipe & { engine: string })[]> {
    return [...this.kept].map(([engine, recipe]) => ({ engine, ...recipe }));
  }

  async keep(engine: string, recipe: Recipe): Promise<void> {
    this.kept.set(engine, recipe);
  }

  async forget(engine: string): Promise<void> {
    this.kept.delete(engine);
  }

  async look(): Promise<Blob> {
    return new Blob();
  }
}
