/** Something that is shown this once, to be taken elsewhere. */
import { Copy } from "lucide";
import { Icon } from "../icon";
import { tell } from "../notices";

interface SecretBoxProps {
  readonly words: string;
  readonly label: string;
  readonly value: string;
}

export function SecretBox({ words, label, value }: SecretBoxProps) {
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(value);
      tell("Copied.");
    } catch {
      tell("Select the text and copy it with Ctrl+C.");
    }
  };
  return (
    <div class="link-box">
      <p>{words}</p>
      <div class="row">
        <input readOnly value={value} aria-label={label} onFocus={(event) => event.currentTarget.select()} />
        <button type="button" onClick={copy}>
          <Icon node={Copy} title="" /> Copy
        </button>
      </div>
    </div>
  );
}
