/** The HTTP API: JSON in and out, the CSRF header, one kind of error. */
import type { ErrorOut } from "../protocol/api.gen";

/** A request that was refused (`status` from the server) or never arrived (`status` 0). */
export class HttpError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly status: number,
  ) {
    super(message);
  }

  /** Whether the same request may succeed a moment later. */
  get passing(): boolean {
    // 507: the disk is full, which does not pass by itself.
    return this.status === 0 || this.status === 429 || (this.status >= 500 && this.status !== 507);
  }
}

const COOKIES = ["__Host-csrf", "cytomark_csrf"];

/** The token that the server wants back with everything that changes something. */
export function csrfToken(cookies: string = document.cookie): string {
  const pairs = cookies.split("; ").map((pair) => pair.split("="));
  return pairs.find(([name]) => COOKIES.includes(name ?? ""))?.[1] ?? "";
}

function isErrorOut(value: unknown): value is ErrorOut {
  return typeof value === "object" && value !== null && "code" in value && "message" in value;
}

async function refusal(answer: Response): Promise<HttpError> {
  const body: unknown = await answer.json().catch(() => null);
  if (isErrorOut(body)) return new HttpError(body.code, body.message, answer.status);
  return new HttpError(
    "internal",
    "Something went wrong on the server. Try again in a moment.",
    answer.status,
  );
}

let staying = 0;

/** From now on a request without a session is refused with a sentence only: somebody is working on this page, and it
 * offers to sign in by itself. Returns what ends that. */
export function stayWhenSignedOut(): () => void {
  staying++;
  return () => {
    staying--;
  };
}

function toSignIn(): void {
  const here = location.pathname + location.search;
  location.assign(`/sign-in/?next=${encodeURIComponent(here)}`);
}

/** Send one request; a list that comes in pages is put together. A body is JSON unless it is a Blob. Rejects with HttpError; without a session goes to
 * sign-in, unless the page wants to stay. */
export async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  const answer = await send(method, path, body);
  if (answer.status === 204) return undefined as T;
  const said: unknown = await answer.json();
  const next = nextPage(answer);
  if (!Array.isArray(said) || next === null) return said as T;
  return [...said, ...(await call<readonly unknown[]>(method, next))] as T;
}

/** Where a long list goes on (RFC 8288). */
function nextPage(answer: Response): string | null {
  return /<([^>]+)>; rel="next"/.exec(answer.headers.get("Link") ?? "")?.[1] ?? null;
}

/** A picture that the server makes of what is sent. Rejects as `call` does. */
export async function picture(path: string, body: unknown): Promise<Blob> {
  return (await send("POST", path, body)).blob();
}

/** What lies at a path, byte by byte. Rejects as `call` does, and when `signal` says that it is no longer wanted. */
export async function download(path: string, signal: AbortSignal): Promise<ArrayBuffer> {
  return (await send("GET", path, undefined, signal)).arrayBuffer();
}

async function send(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
  const headers: Record<string, string> = { Accept: "application/json" };
  const init: RequestInit = { method, headers, credentials: "same-origin" };
  if (signal) init.signal = signal;
  if (method !== "GET") headers["X-CSRFToken"] = csrfToken();
  if (body instanceof Blob) {
    headers["Content-Type"] = "application/octet-stream";
    init.body = body;
  } else if (body !== undefined) {
    headers["Content-Type"] = "application/json";
    init.body = JSON.stringify(body);
  }
  // A page that is being closed may still send what was decided on it.
  if (method === "DELETE") init.keepalive = true;
  let answer: Response;
  try {
    answer = await fetch(path, init);
  } catch {
    throw new HttpError("offline", "The server cannot be reached. Check the connection and try again.", 0);
  }
  if (answer.status === 401 && staying === 0) toSignIn();
  if (!answer.ok) throw await refusal(answer);
  return answer;
}

/** The sentence to show for whatever was thrown. */
export function sentence(error: unknown): string {
  return error instanceof HttpError
    ? error.message
    : "Something went wrong on this page. Reload it and try again.";
}
