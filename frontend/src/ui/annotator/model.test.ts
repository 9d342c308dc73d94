import { expect, it } from "vitest";
import type { AnnotatorApi, EngineInfo, ImageDetail } from "../../editor/page-ports";
import type { JobUpdate } from "../../editor/ports";
import { FakeComments } from "../../testing/fake-comments";
import { FakeRecipes } from "../../testing/fake-recipes";
import { FakeRegions } from "../../testing/fake-regions";
import { FakeReview } from "../../testing/fake-review";
import { FakeWorkflow } from "../../testing/fake-workflow";
import { LocalSession } from "../../testing/local-session";
import { Annotator } from "./model";
import { findEntries, paletteEntries } from "./palette-entries";
import { distance } from "./plane-sliders";

const STARTER: EngineInfo = {
  name: "starter",
  title: "Starter",
  summary: "",
  capabilities: ["prompt", "auto"],
  available: true,
  problem: "",
  licence: "Apache-2.0",
  notice: "",
};
const SAM: EngineInfo = {
  ...STARTER,
  name: "sam",
  capabilities: ["prompt"],
  available: false,
  problem: "No weights.",
};
const CHANNEL = { name: "", colour: "#ffffff", low: 3, high: 20 };
const DETAIL: ImageDetail = {
  id: "b",
  name: "b.tif",
  status: "in_progress",
  assignee: null,
  due_on: null,
  cells: 0,
  width: 8,
  height: 4,
  pixel_um: { x: null, y: null, z: null },
  time_step: null,
  dtype: "uint8",
  channels: 1,
  rgb: false,
  levels: [{ width: 8, height: 4 }],
  tile: 8,
  size_t: 1,
  size_z: 1,
  channel_info: [CHANNEL],
  planes_in_file: 0,
  opens_at: { t: 0, z: 0 },
  looks: { mine: null, project: null },
  project: { id: "p", name: "P", role: "annotator" },
  classes: [],
  previous: "a",
  next: null,
  position: 2,
  total: 2,
};

const TITAN: EngineInfo = {
  ...STARTER,
  name: "titan",
  title: "Titan",
  capabilities: ["prompt", "auto", "flows"],
};

const EDGES: EngineInfo = { ...STARTER, name: "edges", capabilities: ["prompt"] };

class Page {
  readonly said: string[] = [];
  readonly kept = new Map<string, string>();
  readonly session = new LocalSession(8, 4);
  readonly model: Annotator;

  constructor(refusal = "", detail = DETAIL) {
    const note = async (what: string): Promise<void> => {
      this.said.push(what);
      if (refusal) throw new Error(refusal);
    };
    const api: AnnotatorApi = {
      image: async () => detail,
      images: async () => [detail],
      tile: async () => new ArrayBuffer(64),
      engines: async () => [SAM, STARTER, TITAN, EDGES],
      run: async (image, engine, _plane, parameters) => {
        await note(`run ${image} ${engine} ${JSON.stringify(parameters)}`);
        return { id: "j" };
      },
      cancel: (job) => note(`cancel ${job}`),
      recipes: () => new FakeRecipes(),
      correctPlanes: (_, planes) => note(`planes ${planes}`),
      review: () => new FakeReview(),
      workflow: (image) => new FakeWorkflow(image, note),
      regions: () => new FakeRegions(),
      comments: () => new FakeComments(),
      history: () => ({ list: async () => [], cells: async () => [], restore: async () => 0 }),
      looks: () => ({ keepMine: async () => {}, keepForAll: async () => {} }),
      thumbnail: () => "",
      go: (path) => void this.said.push(path),
      copy: (hash) => note(hash.slice(0, 3)),
      recall: (name) => this.kept.get(name) ?? null,
      remember: (name, value) => void this.kept.set(name, value),
    };
    this.model = new Annotator(detail, this.session, api);
  }

  key(id: string): boolean {
    const command = this.model.commands.find((one) => one.id === id);
    if (!command?.enabled()) return false;
    command.run();
    return true;
  }

  job(job: Partial<JobUpdate>): void {
    const full: JobUpdate = {
      type: "job",
      t: 0,
      z: 0,
      job: "j",
      kind: "segment",
      engine: "starter",
      state: "running",
      progress: 0.5,
      message: "",
      ...job,
    };
    this.session.jobs.value = new Map(this.session.jobs.value).set(full.job ?? full.kind, full);
  }
}

const settled = (): Promise<void> => new Promise((done) => setTimeout(done, 0));

it("starts with the server's contrast, or with one that can be divided by", () => {
  expect(new Page().model.editor.view.looks.value.channels).toEqual([
    { shown: true, colour: "#ffffff", min: 3, max: 20, gamma: 1 },
  ]);
  const channel_info = [{ name: "", colour: "#ffffff", low: 7, high: 7 }];
  const flat = new Page("", { ...DETAIL, channel_info });
  expect(flat.model.editor.view.looks.value.channels[0]).toMatchObject({ min: 7, max: 8 });
});

it("chooses the first engine that is ready for clicks and for finding", async () => {
  const { model } = new Page();
  expect(model.canFindCells()).toBe(false);
  await model.load();
  expect(model.editor.promptEngine.value).toBe("starter");
  expect(model.editor.findEngine.value).toBe("starter");
});

it("chooses what the person chose before, unless that is not ready any more", async () => {
  const first = new Page();
  await first.model.load();
  first.model.choosePromptEngine("titan");
  first.model.chooseFindEngine("titan");
  const page = new Page();
  for (const [name, value] of first.kept) page.kept.set(name, value);
  page.kept.set("prompt-engine", "sam");
  await page.model.load();
  expect(page.model.editor.promptEngine.value).toBe("starter");
  expect(page.model.editor.findEngine.value).toBe("titan");
});

it("has the image prepared for the engine that answers clicks, again after each new connection", async () => {
  const page = new Page();
  await page.model.load();
  page.model.choosePromptEngine("titan");
  page.session.me.value = { clientId: "c", userId: 1, name: "Ada", colour: "#fff", role: "annotator" };
  expect(page.session.prepared).toEqual(["starter", "titan", "titan"]);
  page.model.close();
  page.model.editor.promptEngine.value = "starter";
  expect(page.session.prepared).toHaveLength(3);
});

it("tunes only engines that keep what thresholds are moved over, and as soon as a slider is", async () => {
  const page = new Page();
  await page.model.load();
  page.model.setParameters({ cell_probability: 1 });
  expect(page.key("tune")).toBe(false);
  expect(page.session.tunes).toEqual([]);
  page.model.chooseFindEngine("titan");
  page.model.setParameters({ cell_probability: 2 });
  expect(page.session.tunes).toEqual([{ engine: "titan", params: { cell_probability: 2 } }]);
});

it("keeps the proposed cells by a run over the same flows, and shows them until it has ended", async () => {
  const page = new Page();
  await page.model.load();
  page.model.chooseFindEngine("titan");
  page.model.setParameters({ min_area: 4 });
  expect(page.key("accept-tuned")).toBe(false);
  page.session.propose({ top: 0, left: 0, height: 2, width: 2, counts: [0, 4] });
  expect(page.key("accept-tuned")).toBe(true);
  await settled();
  expect(page.said).toEqual(['run b titan {"min_area":4,"cached":true}']);
  page.job({ engine: "titan" });
  expect(page.key("accept-tuned")).toBe(false);
  expect(page.model.editor.tuning.shown.value?.added).toBe(1);
  page.job({ engine: "titan", state: "done" });
  expect(page.model.editor.tuning.active.value).toBe(false);
});

it("keeps showing the proposal where the run could not be started", async () => {
  const page = new Page("You have 20 jobs waiting.");
  await page.model.load();
  page.model.chooseFindEngine("titan");
  page.key("tune");
  page.session.propose();
  page.key("accept-tuned");
  await settled();
  expect(page.model.editor.notices.value[0]?.message).toBe("You have 20 jobs waiting.");
  expect(page.model.editor.tuning.active.value).toBe(true);
  expect(page.key("accept-tuned")).toBe(true);
});

it("runs the engine with what the person changed, once at a time", async () => {
  const page = new Page();
  await page.model.load();
  page.model.setParameters({ min_area: 30 });
  expect(page.key("find-cells")).toBe(true);
  expect(page.key("find-cells")).toBe(false);
  await settled();
  expect(page.said).toEqual(['run b starter {"min_area":30}']);
  page.job({});
  expect(page.key("find-cells")).toBe(false);
  page.job({ state: "done", progress: 1 });
  expect(page.key("find-cells")).toBe(true);
});

it("says which part of the image is looked at, so that its cells come first", async () => {
  const page = new Page();
  await page.model.load();
  const { view } = page.model.editor;
  view.resize({ width: 40, height: 40 });
  view.show({ x: 2, y: 1, width: 2, height: 2 });
  page.key("find-cells");
  await settled();
  expect(page.said).toEqual(['run b starter {"first":{"top":0,"left":1,"bottom":4,"right":5}}']);
});

it("shows a job while it runs, cancels it, and keeps a failure until it is closed", async () => {
  const page = new Page();
  page.job({});
  expect(page.model.segmenting.value?.progress).toBe(0.5);
  await page.model.cancel({ ...page.model.segmenting.value, job: "j" } as JobUpdate);
  expect(page.said).toEqual(["cancel j"]);
  page.job({ state: "failed", message: "Out of memory." });
  expect(page.model.segmenting.value).toBeNull();
  expect(page.model.failed.value?.message).toBe("Out of memory.");
  page.model.dismissFailure();
  expect(page.model.failed.value).toBeNull();
});

it("knows how far the clicks of the chosen engine are prepared", async () => {
  const page = new Page();
  await page.model.load();
  page.job({ job: null, kind: "embed", engine: "sam" });
  expect(page.model.embedding.value).toBeNull();
  page.job({ job: null, kind: "embed", engine: "starter", state: "done" });
  expect(page.model.embedding.value?.state).toBe("done");
});

it("hands the image in with its key and takes the next one", async () => {
  const page = new Page();
  page.key("next-step");
  await settled();
  expect(page.model.workflow.where.value.status).toBe("submitted");
  await page.model.workflow.take("annotate");
  expect(page.said).toEqual(["b submitted", "/images/next/"]);
});

it("says what the server refused and changes nothing", async () => {
  const page = new Page("Only annotators may do this.");
  page.key("next-step");
  await settled();
  expect(page.model.workflow.where.value.status).toBe("in_progress");
  expect(page.model.editor.notices.value[0]?.message).toBe("Only annotators may do this.");
});

it("goes to the images beside this one and back to the project", () => {
  const page = new Page();
  page.key("previous-image");
  page.key("back");
  expect(page.key("next-image")).toBe(false);
  expect(page.said).toEqual(["/images/a/", "/projects/p/"]);
});

it("offers the ready engines without flows to draw answers made of flows again, and remembers the choice", async () => {
  const { model, kept } = new Page();
  await model.load();
  expect(model.polishers).toEqual([]);
  model.choosePromptEngine("titan");
  expect(model.polishers.map((one) => one.name)).toEqual(["starter", "edges"]);
  model.choosePolisher("edges");
  expect(kept.get("polish-engine")).toBe("edges");
  const { by } = model.editor.polishing;
  expect(by.value).toBe("edges");
  model.choosePromptEngine("starter");
  expect(by.value).toBeNull();
  model.choosePromptEngine("titan");
  expect(by.value).toBe("edges");
  model.choosePolisher("");
  expect(by.value).toBeNull();
});

it("lists commands, classes and engines by a few letters, what cannot be done now last", async () => {
  const { model } = new Page("", {
    ...DETAIL,
    classes: [{ id: 7, name: "Nucleus", colour: "#fff", key: "1" }],
  });
  await model.load();
  const names = (query: string) => findEntries(paletteEntries(model), query).map((one) => one.name);
  expect(names("nuc")[0]).toBe("Class: Nucleus");
  expect(names("clicks titan")).toEqual(["Clicks with Titan"]);
  expect(findEntries(paletteEntries(model), "fill holes")[0]).toMatchObject({
    enabled: false,
    keys: ["Shift+H"],
  });
  expect(findEntries(paletteEntries(model), "zzzz")).toEqual([]);
  model.bindings.assign(model.commands, "fit", "I");
  expect(findEntries(paletteEntries(model), "whole image")[0]?.keys).toEqual(["I"]);
});

it("opens at the image's own plane and says how far others are", () => {
  const stack: ImageDetail = {
    ...DETAIL,
    size_t: 3,
    size_z: 45,
    opens_at: { t: 0, z: 22 },
    pixel_um: { x: null, y: null, z: 0.5 },
  };
  const { model, session } = new Page("", stack);
  expect(session.store.plane).toEqual({ t: 0, z: 22 });
  expect(distance(model, "z", 22)).toBe("11 µm from the first slice");
  expect(distance(model, "t", 1)).toBe("");
  model.commands.find((one) => one.id === "next-frame")?.run();
  expect(session.store.plane).toEqual({ t: 1, z: 22 });
  expect(new Page().model.commands.some((one) => one.id === "next-slice")).toBe(false);
});

it("gives no key to two commands that may be meant at once", () => {
  const stack = { ...DETAIL, size_t: 3, size_z: 4, channels: 2, channel_info: [0, 1].map(() => CHANNEL) };
  const { model } = new Page("", stack);
  for (const { id, keys } of model.commands)
    for (const key of keys)
      expect([id, key, model.bindings.conflict(model.commands, id, key)]).toEqual([id, key, null]);
});
