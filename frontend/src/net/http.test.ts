import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { call, stayWhenSignedOut } from "./http";

const assign = vi.fn();

beforeEach(() => {
  const body = JSON.stringify({ code: "not_signed_in", message: "You are signed out. Sign in again." });
  vi.stubGlobal("fetch", async () => new Response(body, { status: 401 }));
  vi.stubGlobal("location", { pathname: "/images/1/", search: "", assign });
  assign.mockClear();
});

afterEach(() => vi.unstubAllGlobals());

test("a page that lists things goes to sign in where the session has ended", async () => {
  await expect(call("GET", "/api/projects")).rejects.toMatchObject({ status: 401 });
  expect(assign).toHaveBeenCalledWith("/sign-in/?next=%2Fimages%2F1%2F");
});

test("a list that comes in pages is put together", async () => {
  const pages: Record<string, Response> = {
    "/api/x": Response.json([1, 2], { headers: { Link: '</api/x?cursor=a>; rel="next"' } }),
    "/api/x?cursor=a": Response.json([3]),
  };
  vi.stubGlobal("fetch", async (path: string) => pages[path]);
  expect(await call("GET", "/api/x")).toEqual([1, 2, 3]);
});

test("a page on which somebody draws stays where it is, until they leave it", async () => {
  const leave = stayWhenSignedOut();
  await expect(call("GET", "/api/engines")).rejects.toMatchObject({
    message: "You are signed out. Sign in again.",
  });
  expect(assign).not.toHaveBeenCalled();
  leave();
  await expect(call("GET", "/api/engines")).rejects.toThrow();
  expect(assign).toHaveBeenCalledTimes(1);
});
