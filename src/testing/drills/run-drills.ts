import { HzRelayError, messageOf } from '../../errors.js';
import type { Recording } from '../../replay/recordings.js';
import type { TransportType } from '../../transport/transport.js';
import { TestVoices } from '../virtual-call.js';
import type { Drill } from './drill.js';
import type { DrillRun } from './drill-run.js';
import { performDrill, rehearse, type StageOptions } from './drill-stage.js';
import { noChanges } from './word-changes.js';
import { judge, transcriptWords, type DrillResult } from './drill-verdict.js';

export interface DrillsOptions {
  readonly drills: readonly Drill[];
  /** The caller's turns for each transport on which to drill, at that caller's rate. */
  readonly recordings: ReadonlyMap<TransportType, readonly Recording[]>;
  /** Hears what is about to be done: a drill, or null for the call without a fault. */
  readonly onStart?: (drill: Drill | null, via: TransportType) => void;
  /** Stops before the next drill, and hangs up the running one. */
  readonly signal?: AbortSignal;
}

/**
 * Runs drills one after the other and judges each beside the call without a fault. Gives each result as soon as there is one.
 * Throws an HzRelayError where that call does not go well: then no drill could show anything.
 */
export async function* runDrills({
  drills,
  recordings,
  onStart,
  signal,
}: DrillsOptions): AsyncGenerator<DrillResult> {
  const voices = new TestVoices();
  try {
    await Promise.all([voices.warmUp(), loadSdks()]);
    for (const [via, said] of recordings) {
      const stage = { via, recordings: said, voices, ...(signal && { signal }) };
      onStart?.(null, via);
      const rehearsal = await rehearse(stage);
      if (signal?.aborted) return;
      requireGood(rehearsal, stage);
      for (const drill of drills) {
        onStart?.(drill, via);
        const result = await drillOnce(drill, rehearsal, stage);
        if (signal?.aborted) return;
        yield result;
      }
    }
  } finally {
    await voices.close();
  }
}

/** They are imported when they are first needed, which takes time that no virtual clock knows of. */
async function loadSdks(): Promise<void> {
  await Promise.all([import('@deepgram/sdk'), import('openai')]);
}

async function drillOnce(drill: Drill, rehearsal: DrillRun, stage: StageOptions): Promise<DrillResult> {
  try {
    return judge(drill, stage.via, { run: await performDrill(drill, rehearsal.utterance, stage), rehearsal });
  } catch (thrown) {
    return {
      drill: drill.name,
      via: stage.via,
      passed: false,
      problems: [`the drill could not be finished: ${messageOf(thrown)}`],
      failed: 'the drill itself',
      callerHeard: 'nothing',
      recoveryMs: null,
      laterMs: null,
      callerWords: noChanges,
      agentWords: noChanges,
    };
  }
}

function requireGood({ caller, utterance }: DrillRun, { recordings, via }: StageOptions): void {
  const names = recordings.map(({ name }) => name).join(', ');
  if (caller.failure !== null)
    throw new HzRelayError(`Without any fault the call (${via}) failed: ${caller.failure}.`);
  if (!utterance || transcriptWords(caller).length === 0)
    throw new HzRelayError(
      `No word of ${names} was understood, so that no drill could tell what is lost. Use a recording of what one says to an appointment desk, such as "book my appointment".`,
    );
  if (caller.heardWords.length === 0)
    throw new HzRelayError(`Without any fault the caller (${via}) heard nothing.`);
}
