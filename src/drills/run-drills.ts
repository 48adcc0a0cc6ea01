import { HzRelayError } from '../core/errors.js';
import type { Recording } from '../replay/recordings.js';
import type { TransportType } from '../transport/transport.js';
import { TestVoices } from './virtual-call.js';
import { needsTool, type Drill } from './drill.js';
import type { VendorNames } from './vendors.js';
import type { DrillRun } from './drill-run.js';
import { performDrill, rehearse, type StageOptions } from './drill-stage.js';
import { transcriptWords } from './drill-events.js';
import { judge, unfinished, type DrillResult } from './drill-verdict.js';

export interface DrillsOptions {
  readonly drills: readonly Drill[];
  /** The caller's turns for each drilled transport, at that caller's sample rate. */
  readonly recordings: ReadonlyMap<TransportType, readonly Recording[]>;
  /** Voices for several runs, which stay open; they take seconds to load. @default the run's own */
  readonly voices?: TestVoices;
  /**
   * The random seed for the shapes of the vendors' responses, which differ in each drill. The call without a fault uses
   * the documented shapes. @default the documented shapes
   */
  readonly mannersSeed?: number | undefined;
  /** Which vendors are simulated. @default the usual ones */
  readonly vendors?: VendorNames | undefined;
  /** Whether answers are begun before their turn is certain. @default true */
  readonly speculation?: boolean;
  /** Called with the next drill, or null for the call without a fault. */
  readonly onStart?: (drill: Drill | null, via: TransportType) => void;
  /** Aborting hangs up the running drill and starts no other. */
  readonly signal?: AbortSignal;
}

/**
 * Runs drills one after the other, judges each against the call without a fault, and yields each result as soon as it
 * is known. Throws an HzRelayError if the call without a fault fails, since drills then show nothing.
 */
export async function* runDrills({
  drills,
  recordings,
  voices: shared,
  mannersSeed,
  vendors,
  speculation = true,
  onStart,
  signal,
}: DrillsOptions): AsyncGenerator<DrillResult> {
  const voices = shared ?? new TestVoices();
  try {
    await Promise.all([voices.warmUp(), loadSdks()]);
    for (const [via, said] of recordings) {
      const stage = { via, recordings: said, voices, vendors, speculation, ...(signal && { signal }) };
      onStart?.(null, via);
      const rehearsal = await rehearse(stage);
      if (signal?.aborted) return;
      requireGood(rehearsal, stage);
      /** The rehearsal of the drills whose agent has a tool. */
      let withTool: DrillRun | null = null;
      for (const [index, drill] of drills.entries()) {
        if (needsTool(drill) && !withTool) {
          onStart?.(null, via);
          withTool = await rehearse(stage, { tool: true });
          if (signal?.aborted) return;
          requireGood(withTool, stage);
        }
        onStart?.(drill, via);
        // Far apart, so that different drills and seeds never share random draws.
        const seed = mannersSeed === undefined ? undefined : mannersSeed * 10_007 + index * 101 + 1;
        const result = await drillOnce(drill, (needsTool(drill) && withTool) || rehearsal, {
          ...stage,
          mannersSeed: seed,
        });
        if (signal?.aborted) return;
        yield result;
      }
    }
  } finally {
    if (!shared) await voices.close();
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
    return unfinished(drill.name, stage.via, thrown);
  }
}

function requireGood({ caller, utterance }: DrillRun, { recordings, via }: StageOptions): void {
  const names = recordings.map(({ name }) => name).join(', ');
  if (caller.failure !== null)
    throw new HzRelayError(`Without any fault the call (${via}) failed: ${caller.failure}.`);
  if (!utterance || transcriptWords(caller).length === 0)
    throw new HzRelayError(
      `No word of ${names} was understood, so drills could not detect lost words. Use a recording of a caller of an appointment desk, such as "book my appointment".`,
    );
  if (caller.heardWords.length === 0)
    throw new HzRelayError(`Without any fault the caller (${via}) heard nothing.`);
}
