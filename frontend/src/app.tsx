/** The annotator's composition root. */
import { call } from "./net/http";
import type { ImageDetailOut } from "./protocol/api.gen";

/** Fill `root` with the annotator of one image. */
export async function mountAnnotator(root: HTMLElement, imageId: string): Promise<void> {
  const image = await call<ImageDetailOut>("GET", `/api/images/${imageId}`);
  root.textContent = image.name;
}
