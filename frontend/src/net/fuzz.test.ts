/** R2, R6, R10: four people do random things over bad connections; tabs die and come back. In the end all see what the
 * server has, everything done is answered once, and nothing is done twice. */

import { describe, expect, test } from "vitest";
import type { Mask } from "../geometry/mask";
import { boxToMask } from "../geometry/raster";
import type { CellState } from "../protocol/messages.gen";
import { CellStore } from "../store/document";
import { FakeServer, SLICES } from "../testing/fake-server";
import type { Faults } from "../testing/fake-wire";
import { PERFECT } from "../testing/fake-wire";
import { ManualTimers } from "../testing/manual-timers";
import { Random } from "../testing/random";
import { slotsOf } from "../testing/slots";
import { SharedOwners, Tab } from "../testing/tab";
import type { QueuedOperation } from "./queue";
import { MemoryQueue } from "./queue";
import type { Session } from "./session";

const SIDE = 48;
const HAND = { source: "hand" } as const;
const PEOPLE = [1, 2, 3, 4];
/** The long form has 200 seeds and 2,000 operations each; tests/faults does the same against the real server. */
const SEEDS = 12;
const OPERATIONS = 120;

/** Notes everything that was ever to be saved. */
class RecordingQueue extends MemoryQueue {
  readonly made = new Set<string>();

  override put(entries: readonly QueuedOperation[]): Promise<void> {
    for (const entry of entries) this.made.add(entry.id);
    return super.put(entries);
  }
}

class Player {
  readonly queue = new RecordingQueue();
  readonly faults: Faults = { ...PERFECT, delay: 40, lose: 0.03, double: 0.05 };
  private readonly owners = new SharedOwners();
  private tab: Tab;

  constructor(
    private readonly server: FakeServer,
    private readonly timers: ManualTimers,
    private readonly random: Random,
    private readonly userId: number,
  ) {
    this.tab = this.open();
  }

  get session(): Session {
    return this.tab.session;
  }

  private open(): Tab {
    const person = { userId: this.userId, name: `person ${this.userId}`, role: "annotator" };
    return new Tab({ ...this.parts, person, side: SIDE });
  }

  private get parts() {
    const { server, timers, random, queue, owners, faults } = this;
    return { server, timers, random, queue, owners, faults };
  }

  trouble(): void {
    const { random, faults } = this;
    if (random.chance(0.02)) this.tab.wire.cut();
    if (random.chance(0.02)) faults.down = !faults.down;
    if (random.chance(0.01)) this.server.failures = 3;
    if (random.chance(0.005)) this.crash();
    if (random.chance(0.1)) this.session.look({ t: 0, z: random.int(0, SLICES) });
  }

  /** The tab dies and is opened again; what was not written to the database is gone, and all was. */
  crash(): void {
    this.session.close();
    this.tab = this.open();
  }

  /** The network is good again; whether there was a connection all the while is as it happens. */
  heal(): void {
    Object.assign(this.faults, PERFECT);
  }

  act(): void {
    const { session, random } = this;
    const ids = [...session.store.cells()].map((cell) => cell.id);
    const id = random.pick(ids);
    const top = random.int(0, SIDE - 3);
    const left = random.int(0, SIDE - 3);
    const box = { top, left, bottom: top + random.int(2, 14), right: left + random.int(2, 14) };
    const mask = boxToMask(box, { top: 0, left: 0, bottom: SIDE, right: SIDE });
    const kind = random.int(0, 15);
    if (kind < 4 || !id) session.create(mask, random.int(1, 4), HAND);
    else if (kind < 6) session.update(id, { mask });
    else if (kind === 6) session.update(id, { classId: random.int(1, 4) });
    else if (kind === 7) session.delete([id]);
    else if (kind === 8)
      session.apply([
        { edit: "delete", id },
        { edit: "create", mask: session.store.get(id)?.mask ?? mask, classId: null, provenance: HAND },
        { edit: "create", mask, classId: 2, provenance: HAND },
      ]);
    else if (kind < 11) session.undo();
    else if (kind < 14) this.link(kind, id, mask);
    else session.redo();
  }

  /** Cells of different slices become one object, or part. */
  private link(kind: number, id: string, mask: Mask): void {
    const { session, random } = this;
    const other = random.pick([...session.store.everywhere()].filter((cell) => cell.id !== id))?.id ?? id;
    const plane = { t: 0, z: random.int(0, SLICES) };
    if (kind === 11) session.update(id, { joins: random.chance(0.3) ? id : other });
    else if (kind === 12)
      session.apply([{ edit: "create", plane, mask, classId: null, provenance: HAND, joins: other }]);
    else
      session.apply([
        { edit: "update", id, joins: id },
        { edit: "update", id: other, parent: null },
      ]);
  }
}

const sorted = (cells: Iterable<CellState>) => [...cells].sort((a, b) => a.id.localeCompare(b.id));

function checkSame(person: Player, server: FakeServer): void {
  const { store } = person.session;
  person.session.look({ t: 0, z: 0 });
  expect(sorted(store.knownCells())).toEqual(sorted(server.live));
  expect(store.unanswered).toEqual([]);
  const owners = (of: CellStore) => slotsOf(of).map((slot) => of.cellOfSlot(slot)?.id ?? "");
  for (let z = 0; z < SLICES; z++) {
    const fresh = new CellStore(SIDE, SIDE);
    fresh.look({ t: 0, z });
    fresh.applySnapshot(server.live, new Set());
    expect(owners(store)).toEqual(owners(fresh));
    expect(store.size).toBe(server.live.filter((cell) => cell.z === z).length);
    person.session.look({ t: 0, z: (z + 1) % SLICES });
  }
}

/** From nothing, the log alone gives the state; every number of every tab was answered once. */
function checkLog(server: FakeServer, made: ReadonlySet<string>): void {
  const replayed = new Map<string, CellState>();
  for (const { patch } of server.log) {
    for (const cell of patch.cells) replayed.set(cell.id, cell);
    for (const id of patch.removed) replayed.delete(id);
  }
  expect(sorted(replayed.values())).toEqual(sorted(server.live));
  const operations = server.log.map(({ patch }) => patch.operation);
  expect(new Set(operations).size).toBe(operations.length);
  const answered = [...server.receipts.values()].map(({ id }) => id);
  expect(new Set(answered).size).toBe(answered.length);
  expect(new Set(answered)).toEqual(made);
}

async function run(seed: number): Promise<void> {
  const random = new Random(seed);
  const timers = new ManualTimers();
  const server = new FakeServer(SIDE, SIDE);
  const people = PEOPLE.map((userId) => new Player(server, timers, random, userId));
  await timers.pass(2_000);
  for (let round = 0; round < OPERATIONS; round++) {
    for (const person of people) {
      person.trouble();
      person.act();
    }
    await timers.pass(random.int(0, 300));
  }
  server.failures = 0;
  for (const person of people) person.heal();
  for (let waits = 0; waits < 30; waits++) {
    await timers.pass(20_000);
    if (people.every(({ session }) => session.status.value.state === "saved")) break;
  }
  await timers.pass(40_000);
  for (const person of people) {
    expect(person.session.status.value).toEqual({ state: "saved" });
    for (const userId of PEOPLE) expect(await person.queue.load("image", userId)).toEqual([]);
    checkSame(person, server);
  }
  checkLog(server, new Set(people.flatMap(({ queue }) => [...queue.made])));
  expect(server.log.length).toBeGreaterThan(60);
  for (const person of people) person.session.close();
}

describe("four people over bad connections", () => {
  test.each(Array.from({ length: SEEDS }, (_, seed) => seed))("agree in the end, seed %i", run, 20_000);
});
