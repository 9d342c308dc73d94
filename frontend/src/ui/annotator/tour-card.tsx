import type { JSX } from "preact";
import { keyName } from "./controls";
import type { Annotator } from "./model";
import { STEPS } from "./tour";

/** The step of the tour, above the panels: it never covers the image. */
export function TourCard({ model }: { model: Annotator }): JSX.Element | null {
  const { tour } = model;
  const { step } = tour;
  if (!step || tour.at.value === null) return null;
  const key = (id: string): string => {
    const command = model.commands.find((one) => one.id === id);
    return `⟦${command?.keys[0] ? keyName(command.keys[0]) : (command?.name ?? id)}⟧`;
  };
  const number = tour.at.value + 1;
  return (
    <section class="tour" aria-label="Tour">
      <p class="tour-count">
        Tour, step {number} of {STEPS.length}
      </p>
      <div role="status">
        <h2>{step.title}</h2>
        <p>
          {step
            .text(key)
            .split(/⟦(.*?)⟧/)
            .map((part, at) => (at % 2 === 1 ? <kbd>{part}</kbd> : part))}
        </p>
      </div>
      <progress max={STEPS.length} value={number - 1} aria-label="Steps done" />
      <div class="tour-buttons">
        <button type="button" class="button" onClick={() => tour.next()}>
          {number < STEPS.length ? "Skip this step" : "Finish"}
        </button>
        <button type="button" class="button" onClick={() => tour.leave()}>
          Leave the tour
        </button>
      </div>
    </section>
  );
}
