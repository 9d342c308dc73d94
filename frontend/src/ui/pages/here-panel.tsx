/** Who is in the project at this moment, and in which image. */
import { useSignal, useSignalEffect } from "@preact/signals";
import { useMemo } from "preact/hooks";
import type { VisitorOut } from "../../protocol/api.gen";
import { initials } from "../format";
import { peopleChanged } from "../live";
import { complain } from "../notices";
import { api } from "./api";

export function HerePanel({ id, me }: { readonly id: string; readonly me: number | null }) {
  const people = useSignal<readonly VisitorOut[]>([]);
  const changed = useMemo(peopleChanged, []);
  useSignalEffect(() => {
    if (changed.value === 0) return;
    api.people(id).then((found) => {
      people.value = found;
    }, complain);
  });
  const others = people.value.filter((one) => one.id !== me);
  return (
    <section class="panel">
      <h2>Here now</h2>
      {others.length === 0 && <p class="muted">Nobody else at the moment.</p>}
      <ul class="things here">
        {others.map((one) => (
          <li key={one.id}>
            <span class="person" style={{ borderColor: one.colour }} aria-hidden="true">
              {initials(one.name)}
            </span>
            <strong>{one.name}</strong>
            <span class="muted">
              {one.image ? <a href={`/images/${one.image}/`}>{one.image_name}</a> : "on the project’s pages"}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
