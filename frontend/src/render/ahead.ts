/** The first picture of the image that comes next, loaded before anybody goes there: the browser keeps what it has got. */

import { fitImage } from "../editor/camera";
import { withKept } from "../editor/look-memory";
import { firstLooks } from "../editor/looks";
import type { AnnotatorApi, ImageDetail } from "../editor/page-ports";
import type { PixelTiles, TileAt } from "../editor/pixel-tiles";
import type { View } from "../editor/view";
import { tilesInSight } from "./tile-plan";

/** More would be in the way of whoever goes on looking at this image. */
const MOST = 48;
/** After the picture here is complete. */
const RESTING_MS = 1500;

export interface AheadOf {
  readonly next: string | null;
  readonly tiles: PixelTiles;
  readonly view: View;
  readonly api: Pick<AnnotatorApi, "image" | "tile">;
}

/** The tiles that an image begins with, as whoever opens it is shown it. */
export function firstTiles(detail: ImageDetail, { viewport }: View, ratio: number): TileAt[] {
  const size = viewport.peek();
  const { mine, project } = detail.looks;
  const { channels } = withKept(firstLooks(detail.channel_info, detail.rgb), mine ?? project);
  const places = tilesInSight(detail, fitImage(detail, size), size, ratio);
  const shown = channels.flatMap(({ shown: isShown }, c) => (isShown ? [c] : []));
  return places.flatMap((place) => shown.map((c) => ({ ...place, ...detail.opens_at, c }))).slice(0, MOST);
}

/** Begins once all that is looked at is here, and tries each tile once: whoever goes there is told of what is missing.
 * Returns what ends it. */
export function loadAhead({ next, tiles, view, api }: AheadOf): () => void {
  if (!next) return () => {};
  const ending = new AbortController();
  const load = async (): Promise<void> => {
    const detail = await api.image(next);
    for (const at of firstTiles(detail, view, window.devicePixelRatio || 1)) {
      if (ending.signal.aborted) return;
      await api.tile(next, at, ending.signal);
    }
  };
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stop = tiles.arrivals.subscribe((arrived) => {
    clearTimeout(timer);
    if (arrived === 0) return;
    timer = setTimeout(() => {
      if (tiles.missing.peek() > 0) return;
      stop();
      // What does not come now is asked for, and explained, when somebody goes there.
      load().catch(() => {});
    }, RESTING_MS);
  });
  return () => {
    stop();
    clearTimeout(timer);
    ending.abort();
  };
}
