import { providerErrorOf, type ProviderError } from '../../core/errors.js';
import type { ProviderNotice } from '../../events/provider-notice.js';
import type { LanguageModel, LlmEvent, LlmRequest } from '../../providers/language-model.js';
import type { Succession } from '../policy/succession.js';
import { Supervisor, type SupervisorOptions } from '../policy/supervisor.js';
import { ContinuedAnswer } from './continued-answer.js';
import { SpeakableAnswer } from './speakable-answer.js';
import { WatchedGeneration } from './watched-generation.js';

/** See {@link supervisedLanguageModel}. */
export class SupervisedLanguageModel implements LanguageModel {
  /** The first candidate's. Errors and incidents name the candidate that they are about. */
  readonly name: string;
  readonly #supervisor: Supervisor<LanguageModel>;

  /** Starts nothing. Throws a TypeError for a list without candidates. */
  constructor(options: SupervisorOptions<LanguageModel>) {
    this.#supervisor = new Supervisor('llm', options);
    this.name = this.#supervisor.name;
  }

  /** See {@link Supervisor.warmUp}. */
  warmUp(): Promise<readonly ProviderNotice[]> {
    return this.#supervisor.warmUp((model) => model.warmUp?.());
  }

  /** See {@link Supervisor.probe}. */
  probe(signal: AbortSignal): Promise<readonly ProviderNotice[]> {
    return this.#supervisor.probe(signal);
  }

  /** Connects the model that the next request asks first. */
  preconnect(): void {
    this.#supervisor.next?.preconnect?.();
  }

  /**
   * One answer, by the first candidate that gives it. Where a candidate fails before its first event, it or the next one is asked
   * again, within the budget; where it fails in the middle of its text, it or the next one is asked for the rest. An answer without
   * anything to say is a failure too. Throws the last ProviderError where no candidate is left to ask.
   */
  async *generate(request: LlmRequest): AsyncGenerator<LlmEvent> {
    const { onIncident, signal } = request;
    const isAborted = (): boolean => signal.aborted;
    if (isAborted()) return;
    const succession = this.#supervisor.succession(onIncident);
    const answer = new ContinuedAnswer();
    succession.begin();
    for (;;) {
      const generation = this.#ask(request, answer, succession);
      const read = this.#reader(request, answer, succession);
      try {
        for (let arrived = await generation.next(); arrived; arrived = await generation.next())
          for (const event of read(arrived)) yield event;
        return;
      } catch (thrown) {
        if (isAborted()) return;
        generation.stop();
        const error = providerErrorOf(thrown, 'llm', succession.candidate.provider.name);
        const recovery = canMakeUpFor(error, answer) ? succession.after(error) : null;
        if (!recovery) throw error;
        succession.tell(recovery);
        if (recovery.repetition > 0) await succession.wait(recovery, signal);
      } finally {
        generation.stop();
      }
    }
  }

  /** See {@link Supervisor.close}. */
  close(): Promise<void> {
    return this.#supervisor.close();
  }

  #ask(
    request: LlmRequest,
    answer: ContinuedAnswer,
    { candidate, name, firstResultTimeoutMs }: Succession<LanguageModel>,
  ): WatchedGeneration {
    const { clock, supervision } = this.#supervisor;
    const { firstTokenTimeoutMs = 0, tokenTimeoutMs = 0 } = candidate.provider;
    return new WatchedGeneration({
      model: candidate.provider,
      name,
      request: answer.ask(request),
      clock,
      // A model whose own config allows it more time gets it.
      firstResultTimeoutMs: Math.max(firstResultTimeoutMs, firstTokenTimeoutMs),
      stallTimeoutMs: Math.max(supervision.stallTimeoutMs, tokenTimeoutMs),
    });
  }

  /** What to give of each event of one generation. Throws where that ends without anything to say. */
  #reader(
    request: LlmRequest,
    answer: ContinuedAnswer,
    succession: Succession<LanguageModel>,
  ): (arrived: LlmEvent) => readonly LlmEvent[] {
    const { clock } = this.#supervisor;
    const askedMs = clock.nowMs();
    const speakable = new SpeakableAnswer(request, succession.candidate.provider.name, answer.hasBegun);
    let hasAnswered = false;
    return (arrived) => {
      succession.progressed();
      return speakable.take(arrived).flatMap((event) => {
        if (!hasAnswered && event.type !== 'reasoning') {
          hasAnswered = true;
          // Some models send a tool call only when it is complete, which says nothing about their speed.
          succession.answered(event.type === 'token' ? clock.nowMs() - askedMs : null);
        }
        return answer.take(event);
      });
    };
  }
}

function canMakeUpFor({ category }: ProviderError, answer: ContinuedAnswer): boolean {
  // What one provider refuses to say, for example because of its content filter, is not asked of another.
  return answer.canGoOn && !(answer.hasBegun && category === 'bad_request');
}

/**
 * Language models that stand in for one another: time limits on the first sign of an answer and on silence in the middle of it,
 * repetition, fallback by failure and by latency. Itself a language model, shared by all sessions of a relay, which closes it.
 */
export function supervisedLanguageModel(options: SupervisorOptions<LanguageModel>): SupervisedLanguageModel {
  return new SupervisedLanguageModel(options);
}
