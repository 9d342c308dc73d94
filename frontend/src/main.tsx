/** Composition root: which page this is, and what it is made of. */
import { render } from "preact";
import { AccountPage } from "./ui/pages/account-page";
import { AuditPage } from "./ui/pages/audit-page";
import { DatasetsPage } from "./ui/pages/datasets-page";
import { MeasurementsPage } from "./ui/pages/measurements-page";
import { ModelCard, ModelList } from "./ui/pages/models-page";
import { NotificationsPage } from "./ui/pages/notifications-page";
import { ProjectList } from "./ui/pages/project-list";
import { ProjectPage } from "./ui/pages/project-page";
import "./ui/styles/tokens.css";
import "./ui/styles/base.css";
import "./ui/styles/pages.css";
import "./ui/styles/models.css";
import "./ui/styles/work.css";
import "./ui/styles/datasets.css";
import "./ui/styles/measurements.css";
import "./ui/styles/account.css";
import "./ui/styles/told.css";
import { readTheme } from "./ui/theme";

function ProjectPages({ id, part }: { readonly id: string; readonly part: string | undefined }) {
  if (part === "audit") return <AuditPage id={id} />;
  if (part === "datasets") return <DatasetsPage id={id} />;
  if (part === "measurements") return <MeasurementsPage id={id} />;
  return <ProjectPage id={id} />;
}

async function start(root: HTMLElement): Promise<void> {
  readTheme();
  const [, noun, id, part] = location.pathname.split("/");
  if (noun === "images" && id) {
    // The annotator is the larger part: other pages do not wait for it.
    const { mountAnnotator } = await import("./app");
    mountAnnotator(root, id);
  } else if (noun === "projects" && id) {
    render(<ProjectPages id={id} part={part} />, root);
  } else if (noun === "models") {
    render(id ? <ModelCard name={id} /> : <ModelList />, root);
  } else if (noun === "notifications") {
    render(<NotificationsPage />, root);
  } else if (noun === "account") {
    render(<AccountPage />, root);
  } else {
    render(<ProjectList />, root);
  }
}

const root = document.getElementById("root");
if (root) void start(root);
