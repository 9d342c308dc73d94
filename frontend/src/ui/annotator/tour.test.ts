import { signal } from "@preact/signals";
import { expect, it } from "vitest";
import type { ImageStatus } from "../../editor/page-ports";
import { rectangle, TestEditor } from "../../testing/test-editor";
import { STEPS, Tour } from "./tour";

const settled = (): Promise<void> => new Promise((done) => setTimeout(done, 0));

class Page {
  readonly test = new TestEditor();
  readonly editor = this.test.editor;
  readonly segmenting = signal<object | null>(null);
  readonly image;
  readonly workflow = { where: signal<{ status: ImageStatus }>({ status: "new" }) };
  readonly kept = new Map<string, string>();
  readonly api = {
    recall: (name: string) => this.kept.get(name) ?? null,
    remember: (name: string, value: string) => void this.kept.set(name, value),
  };
  readonly tour: Tour;

  constructor(name = "Demo: nuclei") {
    this.image = signal({ project: { name } });
    this.tour = new Tour(this);
    this.tour.offer();
  }
}

it("goes on when the person has done what a step says, from looking to handing in", async () => {
  const page = new Page();
  const { test, tour, workflow, segmenting } = page;
  const acts: (() => void)[] = [
    () => test.key("+"),
    () => test.key("p"),
    () => test.click(20, 20) && test.session.answer(rectangle(15, 15, 10, 10)),
    () => test.key("Enter"),
    () => test.key("b") && test.drag(20, 20, 40, 20),
    () => test.key("Mod+Z"),
    () => {
      segmenting.value = {};
    },
    () => {
      test.editor.select([...test.session.store.cells()].map((cell) => cell.id));
      test.key("1");
    },
    () => {
      workflow.where.value = { status: "submitted" };
    },
  ];
  for (const [at, act] of acts.entries()) {
    expect(tour.at.value).toBe(at);
    act();
    await settled();
  }
  expect(tour.at.value).toBeNull();
  expect(page.kept.get("tour")).toBe("seen");
});

it("is offered once, on the demo project alone, and can be left and started again", () => {
  const { tour } = new Page();
  expect(tour.at.value).toBe(0);
  tour.leave();
  tour.offer();
  expect(tour.at.value).toBeNull();
  tour.start();
  expect(tour.at.value).toBe(0);
  expect(new Page("Nuclei of March").tour.at.value).toBeNull();
});

it("skips a step, and ends after the last", () => {
  const { tour } = new Page();
  for (const _ of STEPS) tour.next();
  expect(tour.at.value).toBeNull();
});

it("names only commands that there are", () => {
  const ids = new Set(new Page().test.commands.map((one) => one.id));
  const named: string[] = [];
  for (const step of STEPS) step.text((id) => String(named.push(id)));
  expect(named.filter((id) => !ids.has(id))).toEqual([]);
});
