import { describe, expect, it } from "vitest";
import type { QuestionOut, UploadOut } from "../protocol/api.gen";
import { HttpError } from "./http";
import { type Answer, PART_BYTES, UploadQueue, type UploadServer } from "./uploads";

const ONE = { name: "", size_t: 1, size_c: 1, size_z: 6, height: 5, width: 5, dtype: "uint8", preview: true };
const QUESTION: QuestionOut = { series: [{ ...ONE, problem: "" }], planes: 6, labels: [] };

type Fault = "before" | "after" | "refuse";

/** A server that keeps its bytes in memory; `faults` happen to the next parts. */
class FakeServer implements UploadServer {
  readonly uploads = new Map<string, UploadOut>();
  readonly offsets: number[] = [];
  readonly answers: [readonly string[], Answer][] = [];
  faults: (Fault | null)[] = [];
  private next = 1;

  async create(name: string, size: number): Promise<UploadOut> {
    if (size === 0) throw new HttpError("unreadable", `${name} is empty.`, 422);
    return this.put({
      id: `u${this.next++}`,
      name,
      size,
      received: 0,
      state: "receiving",
      message: "",
      image: null,
      question: null,
    });
  }

  async answer(ids: readonly string[], answer: Answer): Promise<readonly UploadOut[]> {
    this.answers.push([ids, answer]);
    return ids.map((id) =>
      this.put({ ...(this.uploads.get(id) as UploadOut), state: "decoding", question: null }),
    );
  }

  async look(id: string): Promise<UploadOut> {
    const upload = this.uploads.get(id);
    if (!upload) throw new HttpError("not_found", "There is no such upload.", 404);
    if (upload.state !== "decoding") return upload;
    const asks = upload.name.startsWith("stack") && !this.answers.some(([ids]) => ids.includes(id));
    if (asks) return this.put({ ...upload, state: "asking", question: QUESTION });
    const bad = upload.name.startsWith("bad");
    const message = bad ? `${upload.name} is cut off. Upload it again.` : "";
    return this.put({ ...upload, state: bad ? "failed" : "done", message, image: bad ? null : "i" });
  }

  async append(id: string, offset: number, part: Blob): Promise<UploadOut> {
    this.offsets.push(offset);
    const fault = this.faults.shift();
    if (fault === "before") throw new HttpError("offline", "gone", 0);
    if (fault === "refuse") throw new HttpError("disk_full", "The disk is full.", 409);
    const upload = await this.look(id);
    expect(offset).toBe(upload.received);
    const received = offset + part.size;
    const stored = this.put({
      ...upload,
      received,
      state: received === upload.size ? "decoding" : "receiving",
    });
    if (fault === "after") throw new HttpError("offline", "gone", 0);
    return stored;
  }

  async list(): Promise<readonly UploadOut[]> {
    return [...this.uploads.values()].filter((upload) => upload.state !== "done");
  }

  async remove(id: string): Promise<void> {
    this.uploads.delete(id);
  }

  put(upload: UploadOut): UploadOut {
    this.uploads.set(upload.id, upload);
    return upload;
  }
}

function setUp() {
  const server = new FakeServer();
  const waits: number[] = [];
  let images = 0;
  const queue = new UploadQueue(
    server,
    () => {
      images += 1;
    },
    async (ms) => {
      waits.push(ms);
    },
  );
  return { server, queue, waits, images: () => images };
}

const file = (name: string, size = 10) => new File([new Uint8Array(size)], name);
const settled = async (queue: UploadQueue) => {
  const busy = ["waiting", "sending", "retrying", "decoding"];
  await expect.poll(() => queue.items.value.some((item) => busy.includes(item.phase))).toBe(false);
};
const phases = (queue: UploadQueue) => queue.items.value.map((item) => item.phase);

describe("the upload queue", () => {
  it("sends a file in parts, in order", async () => {
    const { server, queue, images } = setUp();
    queue.add([file("cells.tif", 2 * PART_BYTES + 5)]);
    await settled(queue);
    expect(server.offsets).toEqual([0, PART_BYTES, 2 * PART_BYTES]);
    expect(phases(queue)).toEqual(["done"]);
    expect(images()).toBe(1);
  });

  it("goes on after a dropped connection where the server is, waiting longer each time", async () => {
    const { server, queue, waits } = setUp();
    server.faults = [null, "before", "before", "after"];
    queue.add([file("cells.tif", 3 * PART_BYTES)]);
    await settled(queue);
    expect(server.offsets).toEqual([0, PART_BYTES, PART_BYTES, PART_BYTES, 2 * PART_BYTES]);
    expect(waits.slice(0, 3)).toEqual([1000, 2000, 4000]);
    expect(phases(queue)).toEqual(["done"]);
  });

  it("sends no byte twice when only the answer was lost", async () => {
    const { server, queue } = setUp();
    server.faults = ["after"];
    queue.add([file("cells.tif")]);
    await settled(queue);
    expect(server.offsets).toEqual([0]);
    expect(phases(queue)).toEqual(["done"]);
  });

  it("lets the other files go on when one is bad", async () => {
    const { queue, images } = setUp();
    queue.add([file("a.tif"), file("empty.tif", 0), file("bad.tif"), file("b.tif")]);
    await settled(queue);
    expect(phases(queue)).toEqual(["done", "failed", "failed", "done"]);
    expect(queue.items.value[2]?.message).toBe("bad.tif is cut off. Upload it again.");
    expect(images()).toBe(2);
  });

  it("does not try again what was refused for good", async () => {
    const { server, queue } = setUp();
    server.faults = ["refuse"];
    queue.add([file("a.tif")]);
    await settled(queue);
    expect(server.offsets).toEqual([0]);
    expect(queue.items.value[0]?.message).toBe("The disk is full.");
  });

  it("lists what an earlier visit left and goes on with the same file", async () => {
    const { server, queue } = setUp();
    const size = PART_BYTES + 7;
    server.put({
      id: "old",
      name: "c.tif",
      size,
      received: PART_BYTES,
      state: "receiving",
      message: "",
      image: null,
      question: null,
    });
    await queue.load();
    expect(phases(queue)).toEqual(["stopped"]);
    queue.add([file("c.tif", size)]);
    await settled(queue);
    expect(server.offsets).toEqual([PART_BYTES]);
    expect(phases(queue)).toEqual(["done"]);
  });

  it("follows a decoding that an earlier visit began", async () => {
    const { server, queue, images } = setUp();
    server.put({
      id: "old",
      name: "c.tif",
      size: 5,
      received: 5,
      state: "decoding",
      message: "",
      image: null,
      question: null,
    });
    await queue.load();
    await settled(queue);
    expect(phases(queue)).toEqual(["done"]);
    expect(images()).toBe(1);
  });

  it("answers once for all files of a kind, those to come included", async () => {
    const { server, queue } = setUp();
    queue.add([file("stack1.tif"), file("stack2.tif"), file("cells.tif")]);
    await settled(queue);
    expect(phases(queue)).toEqual(["asking", "asking", "done"]);
    const [first] = queue.items.value;
    if (!first) throw new Error("There is no upload.");
    expect(queue.alike(first)).toHaveLength(2);
    await queue.answer(first, { series: [0], planes: "t", labels: false }, { all: true });
    queue.add([file("stack3.tif")]);
    await settled(queue);
    await expect.poll(() => phases(queue)).toEqual(["done", "done", "done", "done"]);
    expect(server.answers.map(([ids, { planes }]) => [ids.length, planes])).toEqual([
      [2, "t"],
      [1, "t"],
    ]);
  });

  it("throws away on the server what is dismissed", async () => {
    const { server, queue } = setUp();
    queue.add([file("bad.tif")]);
    await settled(queue);
    await queue.dismiss(queue.items.value[0]?.key ?? 0);
    expect(server.uploads.size).toBe(0);
    expect(queue.items.value).toEqual([]);
  });
});
