/** The requests of the pages. */
import { call } from "../../net/http";
import type { UploadServer } from "../../net/uploads";
import type {
  AddingIn,
  AssignmentIn,
  AssignmentOut,
  AuditOut,
  ClassChangeIn,
  ClassIn,
  ClassOut,
  DeliveryOut,
  DifferenceOut,
  DistributionOut,
  DistributionQuery,
  EngineOut,
  ExportIn,
  FormatOut,
  ImageOut,
  JobOut,
  MeasuredOut,
  MemberAddedOut,
  MemberAddIn,
  MemberLinkOut,
  MemberOut,
  MeOut,
  NextOut,
  NotificationChoiceIn,
  NotificationChoiceOut,
  NotificationsOut,
  PointsOut,
  PointsQuery,
  ProjectOut,
  ReadIn,
  ReadingIn,
  SnapshotIn,
  SnapshotOut,
  SplitsIn,
  SplitsOut,
  TokenIn,
  TokenMadeOut,
  TokenOut,
  TwinsIn,
  UnreadOut,
  UploadOut,
  VisitorOut,
  WebhookChangeIn,
  WebhookIn,
  WebhookMadeOut,
  WebhookOut,
  WorkflowIn,
  WorkflowOut,
} from "../../protocol/api.gen";

export type Role = ProjectOut["role"];
export type Status = ImageOut["status"];

const MANAGERS: readonly Role[] = ["owner", "manager"];
export const may = {
  manage: (role: Role) => MANAGERS.includes(role),
  own: (role: Role) => role === "owner",
  upload: (role: Role) => MANAGERS.includes(role) || role === "annotator",
  annotate: (role: Role) => role !== "viewer",
  review: (role: Role) => MANAGERS.includes(role) || role === "reviewer",
  export: (role: Role) => role !== "viewer",
};

const project = (id: string) => `/api/projects/${id}`;

const asked = (query: object): string =>
  new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)])).toString();

/** Where a distribution can be taken home as a table. */
export function measurementsTable(id: string, query: DistributionQuery): string {
  return `${project(id)}/measurements/distribution.csv?${asked(query)}`;
}

export const api = {
  me: () => call<MeOut>("GET", "/api/me"),
  engines: () => call<readonly EngineOut[]>("GET", "/api/engines"),
  projects: () => call<readonly ProjectOut[]>("GET", "/api/projects"),
  createProject: (name: string) => call<ProjectOut>("POST", "/api/projects", { name }),
  project: (id: string) => call<ProjectOut>("GET", project(id)),
  renameProject: (id: string, name: string) => call<ProjectOut>("PATCH", project(id), { name }),
  deleteProject: (id: string) => call<void>("DELETE", project(id)),
  images: (id: string) => call<readonly ImageOut[]>("GET", `${project(id)}/images`),
  workflow: (id: string) => call<WorkflowOut>("GET", `${project(id)}/workflow`),
  changeWorkflow: (id: string, body: WorkflowIn) => call<WorkflowOut>("PUT", `${project(id)}/workflow`, body),
  assign: (id: string, body: AssignmentIn) => call<AssignmentOut>("POST", `${project(id)}/assignments`, body),
  makeTwins: (id: string, body: TwinsIn) => call<AssignmentOut>("POST", `${project(id)}/twins`, body),
  takeNext: (id: string, task: "annotate" | "review") =>
    call<NextOut>("POST", `${project(id)}/next`, { task }),
  deleteImage: (id: string) => call<void>("DELETE", `/api/images/${id}`),
  members: (id: string) => call<readonly MemberOut[]>("GET", `${project(id)}/members`),
  addMember: (id: string, whom: MemberAddIn) => call<MemberAddedOut>("POST", `${project(id)}/members`, whom),
  changeMember: (id: string, user: number, role: Role) =>
    call<MemberOut>("PATCH", `${project(id)}/members/${user}`, { role }),
  setClasses: (id: string, user: number, classes: readonly number[]) =>
    call<MemberOut>("PUT", `${project(id)}/members/${user}/classes`, { classes }),
  removeMember: (id: string, user: number) => call<void>("DELETE", `${project(id)}/members/${user}`),
  memberLink: (id: string, user: number) =>
    call<MemberLinkOut>("POST", `${project(id)}/members/${user}/link`),
  classes: (id: string) => call<readonly ClassOut[]>("GET", `${project(id)}/classes`),
  createClass: (id: string, body: ClassIn) => call<ClassOut>("POST", `${project(id)}/classes`, body),
  changeClass: (id: string, item: number, change: ClassChangeIn) =>
    call<ClassOut>("PATCH", `${project(id)}/classes/${item}`, change),
  deleteClass: (id: string, item: number) => call<void>("DELETE", `${project(id)}/classes/${item}`),
  formats: () => call<readonly FormatOut[]>("GET", "/api/formats"),
  exports: (id: string) => call<readonly JobOut[]>("GET", `${project(id)}/exports`),
  createExport: (id: string, body: ExportIn) => call<JobOut>("POST", `${project(id)}/exports`, body),
  snapshots: (id: string) => call<readonly SnapshotOut[]>("GET", `${project(id)}/snapshots`),
  createSnapshot: (id: string, body: SnapshotIn) => call<JobOut>("POST", `${project(id)}/snapshots`, body),
  deleteSnapshot: (id: string) => call<void>("DELETE", `/api/snapshots/${id}`),
  changesSince: (newer: string, older: string) =>
    call<DifferenceOut>("GET", `/api/snapshots/${newer}/changes-since/${older}`),
  imports: (id: string) => call<readonly JobOut[]>("GET", `${project(id)}/imports`),
  readAnnotations: (id: string, body: ReadingIn) => call<JobOut>("POST", `${project(id)}/imports`, body),
  addAnnotations: (job: string, body: AddingIn) => call<JobOut>("POST", `/api/imports/${job}/add`, body),
  createAnnotationUpload: (id: string, file: File) =>
    call<UploadOut>("POST", `${project(id)}/uploads`, {
      name: file.name,
      size: file.size,
      purpose: "annotations",
    }),
  measured: (id: string) => call<MeasuredOut>("GET", `${project(id)}/measurements`),
  measure: (id: string) => call<JobOut>("POST", `${project(id)}/measurements`),
  distribution: (id: string, query: DistributionQuery) =>
    call<DistributionOut>("GET", `${project(id)}/measurements/distribution?${asked(query)}`),
  points: (id: string, query: PointsQuery) =>
    call<PointsOut>("GET", `${project(id)}/measurements/points?${asked(query)}`),
  splits: (id: string) => call<SplitsOut>("GET", `${project(id)}/splits`),
  assignSplits: (id: string, body: SplitsIn) => call<SplitsOut>("POST", `${project(id)}/splits`, body),
  audit: (id: string, query: string) => call<readonly AuditOut[]>("GET", `${project(id)}/audit?${query}`),
  auditFile: (id: string, query: string) => `${project(id)}/audit.csv?${query}`,
  tokens: () => call<readonly TokenOut[]>("GET", "/api/tokens"),
  createToken: (body: TokenIn) => call<TokenMadeOut>("POST", "/api/tokens", body),
  deleteToken: (id: string) => call<void>("DELETE", `/api/tokens/${id}`),
  webhooks: (id: string) => call<readonly WebhookOut[]>("GET", `${project(id)}/webhooks`),
  createWebhook: (id: string, body: WebhookIn) =>
    call<WebhookMadeOut>("POST", `${project(id)}/webhooks`, body),
  changeWebhook: (id: string, body: WebhookChangeIn) =>
    call<WebhookOut>("PATCH", `/api/webhooks/${id}`, body),
  deleteWebhook: (id: string) => call<void>("DELETE", `/api/webhooks/${id}`),
  pingWebhook: (id: string) => call<DeliveryOut>("POST", `/api/webhooks/${id}/ping`),
  deliveries: (id: string) => call<readonly DeliveryOut[]>("GET", `/api/webhooks/${id}/deliveries`),
  sendAgain: (id: string) => call<DeliveryOut>("POST", `/api/deliveries/${id}/again`),
  notifications: (before: number | null) =>
    call<NotificationsOut>("GET", `/api/notifications${before === null ? "" : `?before=${before}`}`),
  readNotifications: (body: ReadIn) => call<UnreadOut>("POST", "/api/notifications/read", body),
  notificationChoice: () => call<NotificationChoiceOut>("GET", "/api/notifications/settings"),
  chooseNotifications: (body: NotificationChoiceIn) =>
    call<NotificationChoiceOut>("PUT", "/api/notifications/settings", body),
  people: (id: string) => call<readonly VisitorOut[]>("GET", `${project(id)}/people`),
  job: (id: string) => call<JobOut>("GET", `/api/jobs/${id}`),
};

/** The server's side of the upload queue, for one project. */
export function uploadServer(projectId: string): UploadServer {
  return {
    create: (name, size) =>
      call<UploadOut>("POST", `${project(projectId)}/uploads`, { name, size, ask: true }),
    look: (id) => call<UploadOut>("GET", `/api/uploads/${id}`),
    append: (id, offset, part) => call<UploadOut>("PUT", `/api/uploads/${id}?offset=${offset}`, part),
    list: () => call<readonly UploadOut[]>("GET", `${project(projectId)}/uploads`),
    answer: (uploads, answer) =>
      call<readonly UploadOut[]>("POST", "/api/uploads/answers", { uploads, ...answer }),
    remove: (id) => call<void>("DELETE", `/api/uploads/${id}`),
  };
}
