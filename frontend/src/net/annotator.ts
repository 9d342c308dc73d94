/** The annotator's requests over HTTP. */

import type { AnnotatorApi, EngineInfo } from "../editor/page-ports";
import type { ImageDetailOut, ImageOut, JobOut, RegionOut } from "../protocol/api.gen";
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
  thumbnail: (imageId) => `/api/images/${imageId}/thumbnail`,
  go: (path) => location.assign(path),
  recall: (name) => localStorage.getItem(`cytomark:${name}`),
  remember: (name, value) => localStorage.setItem(`cytomark:${name}`, value),
};
