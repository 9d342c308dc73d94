import { describe, expect, it } from "vitest";
import { bytes, count, counted, initials, relative } from "./format";

describe("what people read", () => {
  it("separates thousands", () => {
    expect(count(1234567)).toBe("1,234,567");
    expect([counted(1, "cell"), counted(0, "cell"), counted(2400, "cell")]).toEqual(["1 cell", "0 cells", "2,400 cells"]);
  });

  it("gives sizes a unit", () => {
    expect([0, 840, 999, 1000, 1240, 99_960, 999_600, 2_500_000_000].map(bytes)).toEqual([
      "0 B", "840 B", "999 B", "1.0 kB", "1.2 kB", "100 kB", "1.0 MB", "2.5 GB",
    ]);
  });

  it("says how long ago", () => {
    const now = Date.parse("2026-03-10T12:00:00Z");
    expect(relative("2026-03-10T11:59:40Z", now)).toBe("just now");
    expect(relative("2026-03-10T11:57:00Z", now)).toBe("3 minutes ago");
    expect(relative("2026-03-09T11:00:00Z", now)).toBe("yesterday");
    expect(relative("2025-12-01T00:00:00Z", now)).toBe("3 months ago");
  });

  it("shortens names to initials", () => {
    expect(["Ada Lovelace", "grace.hopper", "sam", "李明", ""].map(initials)).toEqual(["AL", "GH", "SA", "李明", "?"]);
  });
});
