import { signal } from "@preact/signals";
import { expect, it } from "vitest";
import { FakeWorkflow } from "../testing/fake-workflow";
import type { ImageStatus } from "./page-ports";
import { choicesFor, Workflow } from "./workflow";

const words = (status: ImageStatus, role: string, mine = true): string =>
  choicesFor(status, role, mine)
    .map((one) => one.word)
    .join(", ");

it("offers each role what it may do, the usual thing first", () => {
  expect(words("in_progress", "annotator")).toBe("Hand in");
  expect(words("in_progress", "annotator", false)).toBe("");
  expect(words("in_progress", "manager", false)).toBe("Hand in");
  expect(words("submitted", "annotator")).toBe("Take back");
  expect(words("submitted", "reviewer", false)).toBe("Start review");
  expect(words("submitted", "owner")).toBe("Start review, Take back");
  expect(words("in_review", "annotator")).toBe("");
  expect(words("in_review", "reviewer", false)).toBe("Accept, Send back…");
  expect(words("accepted", "reviewer", false)).toBe("Reopen");
  expect(words("returned", "viewer")).toBe("");
});

function opened({ saved = true, role = "owner", status = "in_progress" as ImageStatus } = {}) {
  const said: string[] = [];
  const port = new FakeWorkflow("i", async () => undefined);
  const page = {
    role,
    me: signal(1),
    saved: () => saved,
    say: (message: string) => void said.push(message),
    go: (image: string) => void said.push(image),
  };
  return { said, port, workflow: new Workflow({ status, assignee: null, due_on: null }, port, page) };
}

it("asks for the reason before an image goes back, and shows it until it is handed in again", async () => {
  const { workflow, port } = opened({ status: "in_review" });
  await workflow.choose({ to: "returned", word: "Send back…" });
  expect(port.taken).toEqual([]);
  expect(workflow.asking.value).toBe(true);
  await workflow.sendBack("Too large.", "cell");
  expect(workflow.asking.value).toBe(false);
  expect(workflow.returned.value).toMatchObject({ reason: "Too large.", cell: "cell" });
  await workflow.choose({ to: "submitted", word: "Hand in" });
  expect(workflow.returned.value).toBeNull();
});

it("moves nothing as long as work is on its way", async () => {
  const { workflow, port, said } = opened({ saved: false });
  await workflow.choose({ to: "submitted", word: "Hand in" });
  expect(port.taken).toEqual([]);
  expect(said[0]).toMatch(/saved/);
});
