/** The annotator's requests over HTTP. */

import type { AnnotatorApi, EngineInfo } from "../editor/page-ports";
import type { EntryOut, ImageDetailOut, ImageOut, JobOut, RegionOut, RestoredOut } from "../protocol/api.gen";
import type { CellState } from "../protocol/messages.gen";
import { call, download } from "./http";

export const annotatorApi: AnnotatorApi = {
  image: (id) => call<ImageDetailOut>("GET", `/api/images/${id}`),
  images: (projectId) => call<ImageOut[]>("GET", `/api/projects/${projectId}/images`),
  tile: (id, { level, t, c, z, row, col }, signal) =>
    download(`/api/images/${id}/tiles/${level}/${t}/${c}/${z}/${row}/${col}`, signal),
  engines: () => call<EngineInfo[]>("GET", "/api/engines"),
  run: (imageId, engine, { t, z }, params) =>
    call<JobOut>("POST", `/api/images/${imageId}/runs`, { engine, params, t, z }),
  cancel: async (jobId) => {
    await call<JobOut>("POST", `/api/jobs/${jobId}/cancel`);
  },
  setStatus: async (imageId, status) => {
    await call<ImageOut>("PATCH", `/api/images/${imageId}`, { status });
  },
  regions: (imageId) => ({
    list: () => call<RegionOut[]>("GET", `/api/images/${imageId}/regions`),
    create: (name, box, { t, z }) =>
      call<RegionOut>("POST", `/api/images/${imageId}/regions`, { name, box, t, z }),
    change: (id, change) => call<RegionOut>("PATCH", `/api/regions/${id}`, change),
    delete: (id) => call<undefined>("DELETE", `/api/regions/${id}`),
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
  thumbnail: (imageId) => `/api/images/${imageId}/thumbnail`,
  go: (path) => location.assign(path),
  recall: (name) => localStorage.getItem(`cytomark:${name}`),
  remember: (name, value) => localStorage.setItem(`cytomark:${name}`, value),
};
