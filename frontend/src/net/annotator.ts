/** The annotator's requests over HTTP. */

import type { KeptLook } from "../editor/look-memory";
import type { AnnotatorApi, EngineInfo } from "../editor/page-ports";
import type {
  AdjudicatedOut,
  CellDifferenceOut,
  CommentOut,
  CopyOut,
  EntryOut,
  ImageDetailOut,
  ImageOut,
  JobOut,
  MemberOut,
  NextOut,
  RecipeOut,
  RegionOut,
  RestoredOut,
  StepOut,
  VerdictOut,
} from "../protocol/api.gen";
import type { CellState } from "../protocol/messages.gen";
import { call, download, picture } from "./http";

const POLL_MS = 700;

export const annotatorApi: AnnotatorApi = {
  image: (id) => call<ImageDetailOut>("GET", `/api/images/${id}`),
  images: (projectId) => call<ImageOut[]>("GET", `/api/projects/${projectId}/images`),
  tile: (id, { level, t, c, z, row, col }, signal) =>
    download(`/api/images/${id}/tiles/${level}/${t}/${c}/${z}/${row}/${col}`, signal),
  engines: () => call<EngineInfo[]>("GET", "/api/engines"),
  run: (imageId, engine, { t, z }, params) =>
    call<JobOut>("POST", `/api/images/${imageId}/runs`, { engine, params, t, z }),
  correctPlanes: async (imageId, planes) => {
    let job = await call<JobOut>("POST", `/api/images/${imageId}/planes`, { planes });
    while (job.state === "queued" || job.state === "running") {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      job = await call<JobOut>("GET", `/api/jobs/${job.id}`);
    }
    if (job.state !== "done") throw new Error(job.message);
  },
  cancel: async (jobId) => {
    await call<JobOut>("POST", `/api/jobs/${jobId}/cancel`);
  },
  recipes: (projectId) => {
    const path = `/api/projects/${projectId}/recipes`;
    return {
      list: () => call<RecipeOut[]>("GET", path),
      keep: (engine, recipe) => call<RecipeOut>("PUT", `${path}/${engine}`, recipe),
      forget: (engine) => call<undefined>("DELETE", `${path}/${engine}`),
      look: (imageId, engine, recipe, { t, z }) =>
        picture(`/api/images/${imageId}/network-view/${engine}?t=${t}&z=${z}`, recipe),
    };
  },
  workflow: (imageId, projectId) => ({
    steps: () => call<StepOut[]>("GET", `/api/images/${imageId}/steps`),
    step: (step) => call<ImageOut>("POST", `/api/images/${imageId}/steps`, step),
    next: async (task) => {
      const asked = { task, now_in: imageId };
      return (await call<NextOut>("POST", `/api/projects/${projectId}/next`, asked)).image;
    },
  }),
  review: (imageId) => ({
    verdicts: () => call<VerdictOut[]>("GET", `/api/images/${imageId}/verdicts`),
    judge: (cells, judgement, reason) =>
      call<VerdictOut[]>("POST", `/api/images/${imageId}/verdicts`, { cells, judgement, reason }),
    copies: () => call<CopyOut[]>("GET", `/api/images/${imageId}/annotations`),
    differences: (a, b) =>
      call<CellDifferenceOut[]>("GET", `/api/images/${imageId}/differences?a=${a}&b=${b}`),
    adjudicate: async (a, b, choices) => {
      const said = { a, b, choices };
      return (await call<AdjudicatedOut>("POST", `/api/images/${imageId}/adjudications`, said)).cells;
    },
  }),
  regions: (imageId) => ({
    list: () => call<RegionOut[]>("GET", `/api/images/${imageId}/regions`),
    create: (name, box, { t, z }) =>
      call<RegionOut>("POST", `/api/images/${imageId}/regions`, { name, box, t, z }),
    change: (id, change) => call<RegionOut>("PATCH", `/api/regions/${id}`, change),
    delete: (id) => call<undefined>("DELETE", `/api/regions/${id}`),
  }),
  comments: (imageId, projectId) => ({
    list: () => call<CommentOut[]>("GET", `/api/images/${imageId}/comments`),
    say: (text, where) => call<CommentOut>("POST", `/api/images/${imageId}/comments`, { text, ...where }),
    change: (id, change) => call<CommentOut>("PATCH", `/api/comments/${id}`, change),
    delete: (id) => call<undefined>("DELETE", `/api/comments/${id}`),
    members: () => call<MemberOut[]>("GET", `/api/projects/${projectId}/members`),
  }),
  history: (imageId) => ({
    list: (before, cell) => {
      const query = new URLSearchParams();
      if (before !== null) query.set("before", String(before));
      if (cell !== null) query.set("cell", cell);
      return call<EntryOut[]>("GET", `/api/images/${imageId}/history?${query}`);
    },
    cells: (clock) => call<CellState[]>("GET", `/api/images/${imageId}/history/${clock}`),
    restore: async (what) => (await call<RestoredOut>("POST", `/api/images/${imageId}/restore`, what)).cells,
  }),
  looks: (imageId) => ({
    keepMine: (looks) => keepLooks(`/api/images/${imageId}/looks`, looks),
    keepForAll: (looks) => keepLooks(`/api/images/${imageId}/project-looks`, looks),
  }),
  thumbnail: (imageId) => `/api/images/${imageId}/thumbnail`,
  go: (path) => location.assign(path),
  copy: (hash) => {
    history.replaceState(history.state, "", hash);
    return navigator.clipboard?.writeText(location.href) ?? Promise.reject(new Error("No clipboard."));
  },
  recall: (name) => localStorage.getItem(`cytomark:${name}`),
  remember: (name, value) => localStorage.setItem(`cytomark:${name}`, value),
};

function keepLooks(path: string, looks: KeptLook | null): Promise<void> {
  return looks ? call<undefined>("PUT", path, looks) : call<undefined>("DELETE", path);
}
