/** Tests of one file that mostly wait, each for processes of its own, held side by side. */
import { it } from '@jest/globals';

/** How many are held at once: more would make the processes of a machine with two cores late. */
const heldAtOnce = 3;

type Held = () => Promise<void>;

/**
 * Returns what stands for `it` in a file: the first test that runs begins the others too, and each waits for its own
 * end. So none may share a folder, a port or a simulator with another, and each tidies up after itself.
 */
export function sideBySide(limit = heldAtOnce): (name: string, test: Held) => void {
  const waiting: Held[] = [];
  let begun: Promise<unknown> | null = null;
  const holdNext = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) await next();
  };
  return (name, test) => {
    const ended = new Promise<Held>((resolve) => {
      waiting.push(() =>
        test().then(
          () => resolve(() => Promise.resolve()),
          (thrown: unknown) => resolve(() => Promise.reject(thrown)),
        ),
      );
    });
    it(name, async () => {
      begun ??= Promise.all(Array.from({ length: limit }, holdNext));
      await (
        await ended
      )();
    });
  };
}
