/** `hzrelay replay`: recordings in, events, answers and latency out. */
import { systemClock } from '../clock.js';
import type { SessionEvent } from '../events/session-event.js';
import { sysLogLine } from '../events/sys-log.js';
import { readRecordings } from '../replay/recordings.js';
import { replayCall } from '../replay/replay-call.js';
import { checkOutput, readExpected, relayUrl } from './replay-inputs.js';
import { report } from './replay-report.js';
import { ownTarget, remoteTarget } from './replay-target.js';
import { out, renderLogLine } from './terminal.js';

export interface ReplayOptions {
  readonly url?: string;
  readonly bargeIn?: number;
  readonly output?: string;
  readonly json?: boolean;
  readonly expect?: string;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
}

const phoneRateHz = 8000;

/**
 * Plays the recordings; resolves with the exit code. Everything that can be wrong with files and addresses is found before
 * the call begins. The signal hangs up: what was said until then is reported.
 */
export async function replay(
  files: readonly string[],
  options: ReplayOptions,
  signal: AbortSignal,
): Promise<number> {
  const url = options.url === undefined ? null : relayUrl(options.url);
  const recordings = await readRecordings(files, phoneRateHz);
  const expected = options.expect === undefined ? null : await readExpected(options.expect);
  if (options.output !== undefined) await checkOutput(options.output, recordings);

  const target = url === null ? await ownTarget(signal) : remoteTarget(url);
  try {
    const authToken = process.env.TWILIO_AUTH_TOKEN;
    const result = await replayCall({
      url: target.url,
      events: target.events,
      recordings,
      clock: systemClock,
      signal,
      manners: { bargeInMs: options.bargeIn ?? null },
      ...(authToken && { authToken }),
      onEvent: (event) => show(event, options),
    });
    return await report(result, { ...options, expected, stopped: signal.aborted });
  } finally {
    await target.close();
  }
}

function show(event: SessionEvent, { json, quiet, verbose }: ReplayOptions): void {
  if (json) return out(JSON.stringify(event));
  if (quiet) return;
  const line = sysLogLine(event);
  if (verbose || !line.detail) out(renderLogLine(line));
}
