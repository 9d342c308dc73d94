import type { Region, RegionsPort } from "../editor/regions";
import type { Box } from "../geometry/box";
import type { PlaneAt } from "../store/types";

/** Regions as a server keeps them; with a refusal it keeps none. */
export class FakeRegions implements RegionsPort {
  kept: Region[] = [];
  refusal = "";
  private made = 0;

  private check(): void {
    if (this.refusal) throw new Error(this.refusal);
  }

  async list(): Promise<readonly Region[]> {
    return this.kept;
  }

  async create(name: string, box: Box, { t, z }: PlaneAt): Promise<Region> {
    this.check();
    const region = { id: `region-${++this.made}`, name, t, z, ...box, author: "Ada" };
    this.kept = [...this.kept, region];
    return region;
  }

  async change(id: string, change: { readonly name?: string; readonly box?: Box }): Promise<Region> {
    this.check();
    const before = this.kept.find((one) => one.id === id);
    if (!before) throw new Error("There is no such region.");
    const after = { ...before, ...change.box, name: change.name ?? before.name };
    this.kept = this.kept.map((one) => (one.id === id ? after : one));
    return after;
  }

  async delete(id: string): Promise<void> {
    this.check();
    this.kept = this.kept.filter((one) => one.id !== id);
  }
}
