import { X } from "lucide";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Command } from "../../commands/commands";
import { Icon } from "../icon";
import { keyName } from "./controls";
import type { Annotator } from "./model";

const GROUPS: readonly Command["group"][] = ["Tools", "Cells", "Shapes", "Quality", "View", "Image"];
const MOUSE: readonly [string, string][] = [
  ["Wheel", "Zoom to the pointer"],
  ["Shift Wheel", "Move sideways"],
  ["Alt Wheel", "Brush size"],
  ["Space or middle button", "Hold and drag to move the image"],
  ["Alt Click, right click", "Point or stroke outside of the cell"],
  ["Shift, Alt", "While selecting or outlining: add, take away"],
  ["1 … 9, 0", "Class of the selected cells and the next one; none"],
];

/** Every command with its keys, read from the same list that the keys are. */
export function Help({ model }: { model: Annotator }): JSX.Element | null {
  const dialog = useRef<HTMLDialogElement>(null);
  const { helpOpen } = model.editor.view;
  const open = helpOpen.value;
  useEffect(() => {
    if (open) dialog.current?.showModal();
    else dialog.current?.close();
  }, [open]);
  const close = (): void => {
    helpOpen.value = false;
  };
  return (
    <dialog class="help" ref={dialog} onClose={close} aria-label="Keys">
      <div class="help-head">
        <h2>Keys</h2>
        <button
          type="button"
          class="icon-button"
          aria-label="Close (Esc)"
          title="Close (Esc)"
          onClick={close}
        >
          <Icon node={X} title="" />
        </button>
      </div>
      <div class="help-groups">
        {GROUPS.map((group) => (
          <div key={group}>
            <h3>{group}</h3>
            <dl>
              {model.commands
                .filter((one) => one.group === group && one.keys.length > 0)
                .map((one) => (
                  <Entry key={one.id} keys={one.keys.map(keyName)} text={one.name} />
                ))}
            </dl>
          </div>
        ))}
        <div>
          <h3>Mouse and classes</h3>
          <dl>
            {MOUSE.map(([key, text]) => (
              <Entry key={key} keys={[key]} text={text} />
            ))}
          </dl>
        </div>
      </div>
    </dialog>
  );
}

function Entry({ keys, text }: { keys: readonly string[]; text: string }): JSX.Element {
  return (
    <div class="help-entry">
      <dt>
        {keys.map((key) => (
          <kbd key={key}>{key}</kbd>
        ))}
      </dt>
      <dd>{text}</dd>
    </div>
  );
}
