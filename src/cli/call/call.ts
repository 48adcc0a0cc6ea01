/** `hzrelay call`: a test call to a real phone through Twilio, or from a simulated caller. */
import { systemClock } from '../../core/clock.js';
import { defaultTransport, type TransportType } from '../../transport/registry.js';
import { readEnvironmentBeside } from '../agent/environment-beside.js';
import { CallOutput } from './call-output.js';
import { UsageError } from '../exit.js';

export interface CallOptions {
  readonly simulate?: boolean;
  readonly via?: TransportType;
  readonly url?: string;
  readonly publicUrl?: string;
  readonly domain?: string;
  readonly from?: string;
  readonly say?: string;
  readonly agent?: string;
  readonly record?: string;
  /** Seconds. */
  readonly maxDuration?: number;
  readonly yes?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
}

/** The default maximum duration of a call. */
const defaultMaxDurationS = 600;

/** Options of real calls only, by their names on the command line. */
const realOnly = {
  publicUrl: '--public-url',
  domain: '--domain',
  from: '--from',
  maxDuration: '--max-duration',
  dryRun: '--dry-run',
} as const satisfies Partial<Record<keyof CallOptions, string>>;

/** Calls; resolves with the exit code. `targets` is one number, or with `simulate` the recordings to say. */
export async function call(
  targets: readonly string[],
  options: CallOptions,
  signal: AbortSignal,
): Promise<number> {
  readEnvironmentBeside(options.agent);
  const output = new CallOutput(options);
  const surroundings = { env: process.env, clock: systemClock, output };
  const { url, say } = options;
  if (url !== undefined && (say !== undefined || options.agent !== undefined))
    throw new UsageError('--say and --agent need a new relay: leave --url out.');
  if (options.simulate) {
    const given = Object.entries(realOnly).find(
      ([name]) => options[name as keyof typeof realOnly] !== undefined,
    );
    if (given) throw new UsageError(`${given[1]} is for real calls: leave it out, or --simulate.`);
    const { via = defaultTransport } = options;
    const { simulatedCall } = await import('./simulated-call.js');
    return simulatedCall(targets, { ...options, via }, surroundings, signal);
  }
  if (options.via !== undefined && options.via !== 'twilio')
    throw new UsageError('A real call goes by phone. Add --simulate to call from a simulated browser.');
  const [number, ...more] = targets;
  if (number === undefined)
    throw new UsageError(
      'No number to call. Give one, for example hzrelay call +15551234567, or --simulate.',
    );
  if (more.length > 0)
    throw new UsageError(
      `Give one number at a time: ${number} or ${more[0] ?? ''}. Recordings need --simulate.`,
    );
  const { stdin: input, stderr } = process;
  const terminal = input.isTTY && stderr.isTTY ? { input, output: stderr } : null;
  const { maxDuration = defaultMaxDurationS } = options;
  const { phoneCall } = await import('./phone-call.js');
  return phoneCall(number, { ...options, maxDuration }, { ...surroundings, terminal }, signal);
}
