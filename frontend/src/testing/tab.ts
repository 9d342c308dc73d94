/** A browser tab without a browser: a session, its connection and its database, in time that tests control. */

import type { Owners } from "../net/owners";
import type { Queue } from "../net/queue";
import { MemoryQueue } from "../net/queue";
import { Session } from "../net/session";
import { CellStore } from "../store/document";
import type { Person } from "./fake-rows";
import type { FakeServer } from "./fake-server";
import type { Faults } from "./fake-wire";
import { FakeWire, PERFECT } from "./fake-wire";
import type { ManualTimers } from "./manual-timers";
import { Random } from "./random";

export const IMAGE = "image";

/** Which tabs of one browser are alive. */
export class SharedOwners {
  private readonly held = new Set<string>();

  forTab(): Owners {
    const mine = new Set<string>();
    return {
      claim: async (id) => {
        if (this.held.has(id)) return false;
        this.held.add(id);
        mine.add(id);
        return true;
      },
      release: () => {
        for (const id of mine) this.held.delete(id);
      },
    };
  }
}

export interface TabParts {
  readonly server: FakeServer;
  readonly timers: ManualTimers;
  readonly side: number;
  readonly person: Person;
  readonly random?: Random;
  readonly queue?: Queue;
  readonly owners?: SharedOwners;
  readonly faults?: Faults;
}

export class Tab {
  readonly session: Session;
  readonly queue: Queue;
  readonly faults: Faults;
  /** Who is signed in when the next connection is made. */
  person: Person;
  wires: FakeWire[] = [];

  constructor({ server, timers, side, person, random = new Random(1), queue, owners, faults }: TabParts) {
    this.queue = queue ?? new MemoryQueue();
    this.faults = faults ?? { ...PERFECT };
    this.person = person;
    const connect = () => {
      const wire = new FakeWire({ server, person: this.person, timers, random, faults: this.faults });
      this.wires.push(wire);
      return wire;
    };
    this.session = new Session({
      imageId: IMAGE,
      store: new CellStore(side, side),
      queue: this.queue,
      owners: (owners ?? new SharedOwners()).forTab(),
      timers,
      socket: { connect, timers, random: () => random.next() },
    });
  }

  get wire(): FakeWire {
    const wire = this.wires.at(-1);
    if (!wire) throw new Error("This tab has not connected yet.");
    return wire;
  }
}
