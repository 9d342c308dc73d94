import type { Editor } from "../editor/editor";
import { linkOf } from "../editor/links";
import type { Viewer } from "../editor/viewer";
import type { Command } from "./commands";

/** Channels the keys reach. */
const CHANNEL_KEYS = 9;

/** Slices, frames and channels. Commands for what an image does not have are not there. */
export function viewerCommands(editor: Editor, viewer: Viewer, copy: (hash: string) => void): Command[] {
  const command = (id: string, name: string, keys: readonly string[], run: () => void): Command => ({
    id,
    name,
    group: "View",
    keys,
    enabled: () => true,
    run,
  });
  const { view } = editor;
  const { content } = viewer;
  const slices = [
    command("next-slice", "Next slice", ["Up"], () => viewer.step("z", 1)),
    command("previous-slice", "Previous slice", ["Down"], () => viewer.step("z", -1)),
    command("play-slices", "Play the slices, or stop", ["Alt+Z"], () => viewer.play("z")),
    command("projection", "Maximum over all slices, or one slice", ["Shift+M"], () => {
      view.projected.value = !view.projected.peek();
    }),
  ];
  const frames = [
    command("next-frame", "Next frame", ["Right"], () => viewer.step("t", 1)),
    command("previous-frame", "Previous frame", ["Left"], () => viewer.step("t", -1)),
    command("play-frames", "Play the frames, or stop", ["Alt+T"], () => viewer.play("t")),
  ];
  const channels = content.channel_info
    .slice(0, CHANNEL_KEYS)
    .map((info, index) =>
      command(
        `channel-${index + 1}`,
        `Show or hide ${info.name || `channel ${index + 1}`}`,
        [`Alt+${index + 1}`],
        () => viewer.toggle(index),
      ),
    );
  return [
    ...(content.size_z > 1 ? slices : []),
    ...(content.size_t > 1 ? frames : []),
    ...(content.rgb || content.channels === 1 ? [] : channels),
    command("auto-contrast", "Contrast from the darkest to the brightest pixels", ["Shift+A"], () =>
      viewer.auto(),
    ),
    command("copy-link", "Copy a link to what I look at", ["Shift+L"], () => copy(linkOf(editor))),
    command("go-to", "Go to a place by its coordinates", ["Mod+G"], () => {
      view.goingTo.value = true;
    }),
    command("invert", "Bright cells dark, or back", ["Shift+I"], () => viewer.invert()),
  ];
}
