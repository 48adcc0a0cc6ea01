/** Tests of one file that mostly wait, each for processes of its own, held side by side. */
import { it } from '@jest/globals';

/** How many are held at once: more would make the processes of a machine with two cores late. */
const heldAtOnce = 2;

type Held = () => Promise<void>;

/**
 * Returns what stands for `it` in a file: the first test that runs begins the others too, and each waits for its own
 * end. So none may share a folder, a port or a simulator with another, and each tidies up after itself.
 */
export function sideBySide(limit = heldAtOnce): (name: string, test: Held) => void {
  const waiting: (() => Promise<unknown>)[] = [];
  let isBegun = false;
  const holdOne = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) await next();
  };
  return (name, test) => {
    const outcome = new Promise<PromiseSettledResult<void>>((resolve) => {
      waiting.push(async () => {
        const [settled] = await Promise.allSettled([test()]);
        resolve(settled);
      });
    });
    it(name, async () => {
      if (!isBegun) for (let count = 0; count < limit; count++) void holdOne();
      isBegun = true;
      const settled = await outcome;
      if (settled.status === 'rejected') throw settled.reason;
    });
  };
}
