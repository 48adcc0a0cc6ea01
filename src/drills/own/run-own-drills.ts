/** Drills the providers of an agent file, one drill after the other, in real time. */
import { systemClock } from '../../core/clock.js';
import { HzRelayError } from '../../core/errors.js';
import type { Recording } from '../../replay/recordings.js';
import type { RelaySessionConfig } from '../../relay/config/config.js';
import type { TransportType } from '../../transport/transport.js';
import { transcriptWords } from '../drill-events.js';
import { unfinished, type DrillResult } from '../drill-verdict.js';
import { holdOwnCall } from './own-call.js';
import type { OwnDrill } from './own-drill.js';
import { OwnProviders } from './own-providers.js';
import { answersOf, judgeOwn, type OwnRun } from './own-verdict.js';

export interface OwnDrillsOptions {
  readonly drills: readonly OwnDrill[];
  /** The agent whose providers are drilled. Its tools are left out: a drill must not book anything. */
  readonly session: RelaySessionConfig;
  /** The caller's turns for each drilled transport, at that caller's sample rate. */
  readonly recordings: ReadonlyMap<TransportType, readonly Recording[]>;
  /** Called with the next drill, or null for the call without a fault. */
  readonly onStart?: (drill: OwnDrill | null, via: TransportType) => void;
  /** Aborting hangs up the running drill and starts no other. */
  readonly signal?: AbortSignal;
}

/**
 * Runs drills one after the other and yields each result as soon as it is known. Throws an HzRelayError if the call
 * without a fault fails, a ConfigError if the agent's config is invalid, and a ProviderError if a provider cannot be made, or
 * refuses its key or its config.
 */
export async function* runOwnDrills(options: OwnDrillsOptions): AsyncGenerator<DrillResult> {
  const { drills, recordings, onStart, signal } = options;
  for (const [via, said] of recordings) {
    const providers = new OwnProviders(options.session, via, systemClock);
    try {
      await providers.check();
      const hold = (drill: OwnDrill | null): Promise<OwnRun> =>
        holdOwnCall(drill, { providers, via, recordings: said, session: options.session, signal });
      onStart?.(null, via);
      const rehearsal = await hold(null);
      if (signal?.aborted) return;
      requireGood(rehearsal, via, said);
      for (const drill of drills) {
        onStart?.(drill, via);
        const result = await hold(drill).then(
          (run) => judgeOwn(providers.isNamedModel ? drill : forLoneModel(drill), via, { run, rehearsal }),
          (thrown: unknown) => unfinished(drill.name, via, thrown),
        );
        if (signal?.aborted) return;
        yield result;
      }
    } finally {
      await providers.close();
    }
  }
}

/** What to expect of a drill whose model is asked once only. */
function forLoneModel(drill: OwnDrill): OwnDrill {
  const isRetry = drill.kind === 'llm' && drill.outcome === 'answer' && !drill.fallback;
  return isRetry ? { ...drill, shows: ['error'], outcome: 'answer_or_apology' } : drill;
}

/** Throws an HzRelayError if drills cannot be compared with this call without a fault. */
export function requireGood(
  { caller, hasSilentRecogniser }: OwnRun,
  via: TransportType,
  recordings: readonly Pick<Recording, 'name'>[],
): void {
  const names = recordings.map(({ name }) => name).join(', ');
  if (caller.failure !== null)
    throw new HzRelayError(`Without any fault the call (${via}) failed: ${caller.failure}.`);
  const error = caller.events.find(({ type }) => type === 'error');
  if (error?.type === 'error')
    throw new HzRelayError(`Without any fault the call (${via}) had an error: ${error.message}`);
  if (transcriptWords(caller).length === 0 && hasSilentRecogniser)
    throw new HzRelayError(
      `Your recogniser sent no result for ${names} (${via}), not even an empty one. It must answer every flush() with a final.`,
    );
  if (transcriptWords(caller).length === 0)
    throw new HzRelayError(
      `Your recogniser understood no word of ${names} (${via}), so drills could not detect lost words. Use a recording of clear speech.`,
    );
  if (answersOf(caller.events).length === 0)
    throw new HzRelayError(`Without any fault the caller (${via}) got no answer.`);
}
