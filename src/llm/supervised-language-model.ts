import { delay, type Clock } from '../clock.js';
import type { ProviderError } from '../errors.js';
import { Attempts } from '../supervisor/attempts.js';
import { closeMembers, probeMembers, warmUpMembers } from '../supervisor/every-member.js';
import { failureCause, tooSlow } from '../supervisor/failure-cause.js';
import { LineUp, type Member } from '../supervisor/line-up.js';
import { MemberInUse } from '../supervisor/member-in-use.js';
import { defaultSupervision, type Supervision } from '../supervisor/supervision.js';
import { ContinuedAnswer } from './continued-answer.js';
import type { LanguageModel, LlmEvent, LlmRequest } from './language-model.js';
import { WatchedGeneration } from './watched-generation.js';

export interface SupervisedLanguageModelOptions {
  /** The fallback list, best first; at least one. They belong to the supervised model, which closes them. */
  readonly members: readonly Member<LanguageModel>[];
  readonly clock: Clock;
  /** @default defaultSupervision */
  readonly supervision?: Partial<Supervision>;
  /** Gives 0 to 1, for jitter. @default Math.random */
  readonly random?: () => number;
}

/** See {@link supervisedLanguageModel}. */
export class SupervisedLanguageModel implements LanguageModel {
  /** That of the first member; errors and incidents name the member that they are about. */
  readonly name: string;
  readonly #lineUp: LineUp<LanguageModel>;
  readonly #clock: Clock;
  readonly #supervision: Supervision;
  readonly #random: () => number;
  readonly #inUse: MemberInUse<LanguageModel>;

  /** Starts nothing. Throws a TypeError for a list without members. */
  constructor({ members, clock, supervision, random = Math.random }: SupervisedLanguageModelOptions) {
    this.#clock = clock;
    this.#supervision = { ...defaultSupervision, ...supervision };
    this.#random = random;
    this.#lineUp = new LineUp(members, { clock, supervision: this.#supervision });
    this.#inUse = new MemberInUse('llm', this.#lineUp);
    this.name = members[0]?.provider.name ?? '';
  }

  /** Warms all members; rejects only where all have failed. */
  warmUp(): Promise<void> {
    return warmUpMembers('llm', this.#lineUp, (model) => model.warmUp?.());
  }

  /** Resolves where any member can be used. */
  probe(signal: AbortSignal): Promise<void> {
    return probeMembers('llm', this.#lineUp, signal);
  }

  /**
   * One answer, by whichever member gives it. A member that fails before its first event is asked again, or the next one
   * is, within the budget; one that fails in the middle of its text is asked, or the next one is, for the rest of it.
   * Throws the last ProviderError where nobody can.
   */
  async *generate(request: LlmRequest): AsyncGenerator<LlmEvent> {
    const isAborted = (): boolean => request.signal.aborted;
    if (isAborted()) return;
    const attempts = new Attempts(this.#lineUp, {
      clock: this.#clock,
      supervision: this.#supervision,
      random: this.#random,
    });
    const answer = new ContinuedAnswer();
    this.#inUse.begin(attempts.member, request.onIncident);
    for (let hasFailed = false; ; hasFailed = true) {
      const generation = this.#ask(request, answer, attempts, hasFailed);
      try {
        for (;;) {
          const event = await generation.next();
          if (!event) return;
          attempts.progressed();
          const text = answer.take(event);
          if (event.type !== 'token') {
            if (text !== '') yield { type: 'token', text };
            yield event;
          } else if (text === event.text) {
            yield event;
          } else if (text !== '') {
            yield { type: 'token', text };
          }
        }
      } catch (thrown) {
        if (isAborted()) return;
        generation.stop();
        const error = generation.errorOf(thrown);
        if (!(await this.#makeUpFor(error, request, answer, attempts))) throw error;
      } finally {
        generation.stop();
      }
    }
  }

  /** Closes all members. Idempotent where they are. */
  close(): Promise<void> {
    return closeMembers(this.#lineUp);
  }

  #ask(
    request: LlmRequest,
    answer: ContinuedAnswer,
    { member, firstResultTimeoutMs }: Attempts<LanguageModel>,
    hasFailed: boolean,
  ): WatchedGeneration {
    const askedMs = this.#clock.nowMs();
    return new WatchedGeneration({
      model: member.provider,
      request: answer.ask(request),
      clock: this.#clock,
      firstResultTimeoutMs,
      stallTimeoutMs: this.#supervision.stallTimeoutMs,
      onStarted: (isTimely) => {
        const provider = member.provider.name;
        if (hasFailed) request.onIncident?.({ type: 'recovered', kind: 'llm', provider });
        this.#noteLatency(member, isTimely ? this.#clock.nowMs() - askedMs : null, request);
      },
    });
  }

  #noteLatency(member: Member<LanguageModel>, latencyMs: number | null, { onIncident }: LlmRequest): void {
    if (!this.#lineUp.answered(member, latencyMs)) return;
    const [next = member] = this.#lineUp.candidates();
    this.#inUse.change(member, next, tooSlow, onIncident);
  }

  /** Tells what happened and waits until it is time to ask whoever is next; false where nobody is or can be. */
  async #makeUpFor(
    error: ProviderError,
    { onIncident, signal }: LlmRequest,
    answer: ContinuedAnswer,
    attempts: Attempts<LanguageModel>,
  ): Promise<boolean> {
    // What a provider will not say, for example by its content filter, another one is not made to say.
    if (!answer.canGoOn || (answer.hasBegun && error.category === 'bad_request')) return false;
    const failed = attempts.member;
    const next = attempts.after(error);
    if (!next) return false;
    onIncident?.({ type: 'error', error });
    const { member, repetition, waitMs } = next;
    if (repetition === 0) {
      this.#inUse.change(failed, member, failureCause(error), onIncident);
    } else {
      const provider = member.provider.name;
      onIncident?.({ type: 'reconnect', kind: 'llm', provider, attempt: repetition });
      await delay(this.#clock, waitMs, signal).catch(() => undefined);
    }
    return true;
  }
}

/**
 * Language models that stand in for one another: time limits on the first sign of an answer and on silence in the middle
 * of it, repetition, fallback by failure and by latency. Itself a language model, shared by all sessions of a relay;
 * whoever made it closes it.
 */
export function supervisedLanguageModel(options: SupervisedLanguageModelOptions): SupervisedLanguageModel {
  return new SupervisedLanguageModel(options);
}
