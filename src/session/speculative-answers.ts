import type { ProviderRequest } from '../events/provider-incident.js';
import type { UsageListener } from '../metrics/provider-usage.js';
import { HeldListener } from './output/held-listener.js';
import type { OutputPipeline } from './output/output-pipeline.js';
import type { SessionReporter } from './session-reporter.js';
import type { DropReason } from './turn-taking/speculation-state.js';

/** What speculation did in a turn or a session. */
export interface SpeculationCounts {
  /** Answers that were begun before the turn was committed. */
  readonly begun: number;
  /** Those of them that the committed turn took over. */
  readonly adopted: number;
  /** Pieces of text that models sent for nothing: most models send a token in each. */
  readonly wastedTokens: number;
  /** Characters that voices were given for nothing. */
  readonly wastedCharacters: number;
}

/** An answer that was begun before its turn was committed. */
export interface EarlyAnswer {
  readonly pipeline: OutputPipeline;
  readonly listener: HeldListener;
  /** Its requests, with the vendors' ids. */
  readonly requests: ProviderRequest[];
}

interface RunningAnswer extends EarlyAnswer {
  readonly turn: number;
  readonly text: string;
  /** When it was begun. */
  readonly sinceMs: number;
}

export interface SpeculativeAnswersOptions {
  readonly reporter: SessionReporter;
  readonly onUsage: UsageListener;
  /** Milliseconds since `session.start`. */
  readonly nowMs: () => number;
  /** Makes the output of an answer to these words. */
  readonly make: (turn: number, text: string, listener: HeldListener) => OutputPipeline;
}

const noCounts: SpeculationCounts = { begun: 0, adopted: 0, wastedTokens: 0, wastedCharacters: 0 };

/** Carries out speculation: at most one answer at a time, which is adopted or dropped. Counts both. */
export class SpeculativeAnswers {
  readonly #options: SpeculativeAnswersOptions;
  #current: RunningAnswer | null = null;
  #counts = noCounts;
  /** Counts of the turns that have not ended. */
  readonly #ofTurns = new Map<number, SpeculationCounts>();

  constructor(options: SpeculativeAnswersOptions) {
    this.#options = options;
  }

  /** Over the whole session. */
  get counts(): SpeculationCounts {
    return this.#counts;
  }

  /** The turn of the answer that was begun; null if there is none. */
  get turn(): number | null {
    return this.#current?.turn ?? null;
  }

  begin(turn: number, text: string): void {
    this.drop('ended');
    const { reporter, onUsage, nowMs, make } = this.#options;
    const listener = new HeldListener({ onIncident: reporter.incident, onUsage, nowMs });
    const pipeline = make(turn, text, listener);
    this.#current = { turn, text, sinceMs: nowMs(), pipeline, listener, requests: [] };
    this.#count(turn, { begun: 1 });
    pipeline.start();
  }

  /** The turn is committed. Returns the answer, or null if it has failed; then the turn begins anew. */
  adopt(): EarlyAnswer | null {
    const current = this.#current;
    if (!current) return null;
    if (current.listener.failure) {
      this.drop('failed');
      return null;
    }
    this.#current = null;
    this.#count(current.turn, { adopted: 1 });
    this.#report(current, 'adopted');
    return current;
  }

  drop(reason: DropReason): void {
    const current = this.#current;
    if (!current) return;
    this.#current = null;
    current.listener.drop();
    current.pipeline.abort();
    this.#count(current.turn, {
      wastedTokens: current.listener.tokens,
      wastedCharacters: current.pipeline.speech.givenCharacters,
    });
    this.#report(current, reason);
  }

  /** A vendor has reported its id of a request of the answer. */
  requested(request: ProviderRequest): void {
    this.#current?.requests.push(request);
  }

  /** The counts of a turn, which has ended; null if nothing was begun for it. */
  take(turn: number): SpeculationCounts | null {
    const counts = this.#ofTurns.get(turn) ?? null;
    this.#ofTurns.delete(turn);
    return counts;
  }

  #report({ turn, text, sinceMs, listener, pipeline }: RunningAnswer, outcome: 'adopted' | DropReason): void {
    const { reporter, nowMs } = this.#options;
    const { failure } = listener;
    reporter.emit({
      type: 'llm.speculation',
      turn,
      text,
      outcome,
      leadMs: Math.round(nowMs() - sinceMs),
      tokens: listener.tokens,
      characters: pipeline.speech.givenCharacters,
      ...(failure && { failure: failure.message }),
    });
  }

  #count(turn: number, change: Partial<SpeculationCounts>): void {
    this.#counts = sum(this.#counts, change);
    this.#ofTurns.set(turn, sum(this.#ofTurns.get(turn) ?? noCounts, change));
  }
}

function sum(counts: SpeculationCounts, change: Partial<SpeculationCounts>): SpeculationCounts {
  const { begun = 0, adopted = 0, wastedTokens = 0, wastedCharacters = 0 } = change;
  return {
    begun: counts.begun + begun,
    adopted: counts.adopted + adopted,
    wastedTokens: counts.wastedTokens + wastedTokens,
    wastedCharacters: counts.wastedCharacters + wastedCharacters,
  };
}
