/** What to say of whatever was thrown: an Error's message is a sentence for the person everywhere behind the editor's ports. */
export function sentence(
  error: unknown,
  otherwise = "Something went wrong. Reload the page and try again.",
): string {
  return error instanceof Error ? error.message : otherwise;
}
