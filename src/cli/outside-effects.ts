/** Changes outside the process that a command must undo: a number that points here, a ringing call. */
import { messageOf } from '../core/errors.js';

export interface OutsideEffect {
  /** What remains if it is not undone, and what to do then: one or two sentences. */
  readonly ifLeft: string;
  /** Undoes it. Idempotent; an orderly exit may be undoing it at the same time. Absent if it cannot be undone. */
  undo?(): Promise<unknown>;
}

/**
 * The list of such effects. An orderly exit undoes each where it was made; this list is for a forced one: a second
 * Ctrl-C or a crash.
 */
export class OutsideEffects {
  readonly #effects = new Set<OutsideEffect>();

  /** Whether there is something to undo. */
  get some(): boolean {
    return this.#effects.size > 0;
  }

  /** What would remain if the process exited now. */
  get left(): readonly string[] {
    return [...this.#effects].map(({ ifLeft }) => ifLeft);
  }

  /** Adds an effect, best before it is caused; returns a function that removes it. */
  add(effect: OutsideEffect): () => void {
    this.#effects.add(effect);
    return () => void this.#effects.delete(effect);
  }

  /** Undoes all concurrently. Those that fail stay on the list; `onFailure` gets the reason. Never rejects. */
  async undoAll(onFailure: (message: string) => void = () => undefined): Promise<void> {
    await Promise.all(
      [...this.#effects].map(async (effect) => {
        if (!effect.undo) return;
        try {
          await effect.undo();
          this.#effects.delete(effect);
        } catch (thrown) {
          onFailure(messageOf(thrown));
        }
      }),
    );
  }
}

/** The effects of this process. */
export const outsideEffects = new OutsideEffects();
