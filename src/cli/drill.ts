/** `hzrelay replay FILE --drill NAME`: the same call with a provider that fails, and whether the caller noticed. */
import type { Recording } from '../replay/recordings.js';
import { callerRatesHz } from '../replay/replay-call.js';
import { readRecordings } from '../replay/recordings.js';
import { drills } from '../testing/drills/drills.js';
import { runDrills } from '../testing/drills/run-drills.js';
import type { DrillResult } from '../testing/drills/drill-verdict.js';
import type { TransportType } from '../transport/transport.js';
import { chooseDrills, drillLines } from './drill-choice.js';
import { drillSummary, drillTable } from './drill-table.js';
import { exitCodes, UsageError } from './exit.js';
import { note, out, paint, progress, stdoutColumns, takesColour } from './terminal.js';

export interface DrillOptions {
  /** By phone, from a browser, or both. */
  readonly via: TransportType | 'both';
  readonly json?: boolean;
}

/** What only makes sense with a call that is held once. */
const foreignOptions = {
  url: '--url',
  agent: '--agent',
  bargeIn: '--barge-in',
  output: '--output',
  expect: '--expect',
} as const;
const red = 31;

/**
 * Runs the drills that `name` means, or lists them all for `list`; resolves with the exit code. Throws a UsageError for a
 * name that means none and for options that do not go with a drill.
 */
export async function drill(
  name: string,
  files: readonly string[],
  options: DrillOptions,
  signal: AbortSignal,
): Promise<number> {
  if (name === 'list') {
    for (const line of drillLines(drills)) out(line);
    return exitCodes.ok;
  }
  const chosen = chooseDrills(name, drills);
  refuseForeign(options);
  const transports: readonly TransportType[] = options.via === 'both' ? ['twilio', 'webrtc'] : [options.via];
  const recordings = new Map<TransportType, readonly Recording[]>();
  for (const via of transports) recordings.set(via, await readRecordings(files, callerRatesHz[via]));

  progress('Loading the speech models.');
  const results: DrillResult[] = [];
  const total = chosen.length * transports.length;
  const onStart = (next: { readonly name: string } | null, via: TransportType): void => {
    if (next) progress(`Drill ${results.length + 1} of ${total}: ${next.name} (${via})`);
    else progress(`The call without a fault (${via})`);
  };
  for await (const result of runDrills({ drills: chosen, recordings, onStart, signal })) {
    results.push(result);
    if (options.json) out(JSON.stringify(result));
  }
  report(results, options);
  const passed = results.length === total && results.every((result) => result.passed);
  return passed ? exitCodes.ok : exitCodes.failed;
}

function report(results: readonly DrillResult[], { json }: DrillOptions): void {
  if (results.length === 0) return;
  const colour = takesColour(process.stdout);
  if (!json)
    for (const line of drillTable(results, stdoutColumns()))
      out(colour && line.trimStart().startsWith('✗') ? paint(line, red) : line);
  (json ? note : out)(drillSummary(results));
}

function refuseForeign(options: DrillOptions): void {
  for (const [option, flag] of Object.entries(foreignOptions))
    if (option in options)
      throw new UsageError(
        `${flag} does not go with --drill, which calls a relay of its own again and again.`,
      );
}
