/** The annotator's requests over HTTP. */

import type { AnnotatorApi, EngineInfo, ImageDetail, ImageRow } from "../editor/page-ports";

function csrf(): string {
  return /(?:^|;\s*)csrftoken=([^;]+)/.exec(document.cookie)?.[1] ?? "";
}

async function ask(path: string, method = "GET", body?: object): Promise<Response> {
  const headers: Record<string, string> = { Accept: "application/json", "X-CSRFToken": csrf() };
  if (body) headers["Content-Type"] = "application/json";
  const init: RequestInit = { method, headers, credentials: "same-origin" };
  let response: Response;
  try {
    response = await fetch(path, body ? { ...init, body: JSON.stringify(body) } : init);
  } catch {
    throw new Error("The server can't be reached. Check the connection and try again.");
  }
  if (!response.ok) throw new Error(await reason(response));
  return response;
}

/** The server's own sentence, or one for its status. */
async function reason(response: Response): Promise<string> {
  if (response.status === 401) return "You are signed out. Reload the page to sign in again.";
  try {
    const { message } = (await response.json()) as { message?: unknown };
    if (typeof message === "string" && message) return message;
  } catch {
    // Not JSON: a proxy or a crash answered. The status is all there is to say.
  }
  return `The server answered with error ${response.status}. Try again in a moment.`;
}

async function json<T>(path: string, method = "GET", body?: object): Promise<T> {
  return (await (await ask(path, method, body)).json()) as T;
}

export const annotatorApi: AnnotatorApi = {
  image: (id) => json<ImageDetail>(`/api/images/${id}`),
  images: (projectId) => json<ImageRow[]>(`/api/projects/${projectId}/images`),
  plane: async (id) => (await ask(`/api/images/${id}/plane`)).arrayBuffer(),
  engines: () => json<EngineInfo[]>("/api/engines"),
  run: (imageId, engine, params) =>
    json<{ id: string }>(`/api/images/${imageId}/runs`, "POST", { engine, params }),
  cancel: async (jobId) => {
    await ask(`/api/jobs/${jobId}/cancel`, "POST");
  },
  setStatus: async (imageId, status) => {
    await ask(`/api/images/${imageId}`, "PATCH", { status });
  },
  thumbnail: (imageId) => `/api/images/${imageId}/thumbnail`,
  go: (path) => location.assign(path),
};
