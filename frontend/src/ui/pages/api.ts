/** The requests of the pages. */
import { call } from "../../net/http";
import type { UploadServer } from "../../net/uploads";
import type {
  ClassChangeIn,
  ClassIn,
  ClassOut,
  EngineOut,
  ImageIn,
  ImageOut,
  JobOut,
  MemberAddedOut,
  MemberAddIn,
  MemberLinkOut,
  MemberOut,
  MeOut,
  ProjectOut,
  TokenIn,
  TokenMadeOut,
  TokenOut,
  UploadOut,
} from "../../protocol/api.gen";

export type Role = ProjectOut["role"];
export type Status = ImageOut["status"];

const MANAGERS: readonly Role[] = ["owner", "manager"];
export const may = {
  manage: (role: Role) => MANAGERS.includes(role),
  own: (role: Role) => role === "owner",
  upload: (role: Role) => MANAGERS.includes(role) || role === "annotator",
  annotate: (role: Role) => role !== "viewer",
  export: (role: Role) => role !== "viewer",
};

const project = (id: string) => `/api/projects/${id}`;

export const api = {
  me: () => call<MeOut>("GET", "/api/me"),
  engines: () => call<readonly EngineOut[]>("GET", "/api/engines"),
  projects: () => call<readonly ProjectOut[]>("GET", "/api/projects"),
  createProject: (name: string) => call<ProjectOut>("POST", "/api/projects", { name }),
  project: (id: string) => call<ProjectOut>("GET", project(id)),
  renameProject: (id: string, name: string) => call<ProjectOut>("PATCH", project(id), { name }),
  deleteProject: (id: string) => call<void>("DELETE", project(id)),
  images: (id: string) => call<readonly ImageOut[]>("GET", `${project(id)}/images`),
  changeImage: (id: string, change: ImageIn) => call<ImageOut>("PATCH", `/api/images/${id}`, change),
  deleteImage: (id: string) => call<void>("DELETE", `/api/images/${id}`),
  members: (id: string) => call<readonly MemberOut[]>("GET", `${project(id)}/members`),
  addMember: (id: string, whom: MemberAddIn) => call<MemberAddedOut>("POST", `${project(id)}/members`, whom),
  changeMember: (id: string, user: number, role: Role) =>
    call<MemberOut>("PATCH", `${project(id)}/members/${user}`, { role }),
  removeMember: (id: string, user: number) => call<void>("DELETE", `${project(id)}/members/${user}`),
  memberLink: (id: string, user: number) =>
    call<MemberLinkOut>("POST", `${project(id)}/members/${user}/link`),
  classes: (id: string) => call<readonly ClassOut[]>("GET", `${project(id)}/classes`),
  createClass: (id: string, body: ClassIn) => call<ClassOut>("POST", `${project(id)}/classes`, body),
  changeClass: (id: string, item: number, change: ClassChangeIn) =>
    call<ClassOut>("PATCH", `${project(id)}/classes/${item}`, change),
  deleteClass: (id: string, item: number) => call<void>("DELETE", `${project(id)}/classes/${item}`),
  exports: (id: string) => call<readonly JobOut[]>("GET", `${project(id)}/exports`),
  createExport: (id: string, format: string) => call<JobOut>("POST", `${project(id)}/exports`, { format }),
  tokens: () => call<readonly TokenOut[]>("GET", "/api/tokens"),
  createToken: (body: TokenIn) => call<TokenMadeOut>("POST", "/api/tokens", body),
  deleteToken: (id: string) => call<void>("DELETE", `/api/tokens/${id}`),
  job: (id: string) => call<JobOut>("GET", `/api/jobs/${id}`),
};

/** The server's side of the upload queue, for one project. */
export function uploadServer(projectId: string): UploadServer {
  return {
    create: (name, size) => call<UploadOut>("POST", `${project(projectId)}/uploads`, { name, size }),
    look: (id) => call<UploadOut>("GET", `/api/uploads/${id}`),
    append: (id, offset, part) => call<UploadOut>("PUT", `/api/uploads/${id}?offset=${offset}`, part),
    list: () => call<readonly UploadOut[]>("GET", `${project(projectId)}/uploads`),
    remove: (id) => call<void>("DELETE", `/api/uploads/${id}`),
  };
}
