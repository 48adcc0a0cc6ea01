/** A real test call: Twilio rings a phone, and a relay answers it. */
import { delay, within, type Clock } from '../../core/clock.js';
import { HzRelayError, messageOf } from '../../core/errors.js';
import type { RelayNotice } from '../../relay/relay-options.js';
import {
  openTwilioAccount,
  twilioCredentials,
  type CallProblem,
  type CallState,
  type TwilioAccount,
} from '../../telephony/twilio-account.js';
import { TwilioError } from '../../telephony/twilio-errors.js';
import { relayToken } from '../../relay-client/relay-token.js';
import { exitCodes, UsageError } from '../exit.js';
import { checkOutput } from '../replay/replay-inputs.js';
import { outsideEffects } from '../outside-effects.js';
import { jsonLine } from '../json-line.js';
import { note, out, progress, stdoutColumns } from '../terminal.js';
import { turnTable } from '../replay/turn-table.js';
import { answeringAgent } from './answering-agent.js';
import { CallEvents } from './call-events.js';
import { openLine, planLine, type CallLine, type LinePlan } from './call-line.js';
import { whatWentWrong, type FinishedCall } from './call-outcome.js';
import type { CallOutput } from './call-output.js';
import { summaryText } from './call-summary.js';
import { confirm, type Terminal } from './confirm.js';
import { followCall } from './follow-call.js';
import { phoneNumber } from './phone-number.js';
import { fetchRecording } from './recording-file.js';

export interface PhoneCallOptions {
  readonly url?: string;
  readonly publicUrl?: string;
  readonly domain?: string;
  readonly from?: string;
  readonly say?: string;
  readonly agent?: string;
  readonly record?: string;
  /** Seconds. */
  readonly maxDuration: number;
  readonly yes?: boolean;
  readonly dryRun?: boolean;
}

/** What a command works with besides its options. */
export interface CallSurroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly output: CallOutput;
  /** Asks the user for confirmation; null if there is no interactive terminal. */
  readonly terminal: Terminal | null;
}

/** How long `session.end` may arrive after Twilio has reported the end of the call. */
const lastEventWithinMs = 3000;
const consoleUrl = 'https://console.twilio.com';
/** Problems appear in Twilio's log with a delay. */
const [logWithinMs, askLogEveryMs] = [5000, 1000];

/**
 * Places the call and shows it until it is over; resolves with the exit code. Checks everything it can before spending
 * money. Aborting the signal hangs up; the call's end is still awaited and reported.
 */
export async function phoneCall(
  number: string,
  options: PhoneCallOptions,
  surroundings: CallSurroundings,
  signal: AbortSignal,
): Promise<number> {
  const { env, clock, output, terminal } = surroundings;
  const to = phoneNumber(number, 'The number');
  const from = callingNumber(options.from, env);
  if (from === to) throw new UsageError(`${to} would call itself. Give the number of another phone.`);
  const credentials = twilioCredentials(env);
  if (options.record !== undefined) await checkOutput(options.record, [], '--record');
  const { url, publicUrl, domain, say, agent } = options;
  const plan = await planLine(
    {
      own: say !== undefined || agent !== undefined,
      ...(url !== undefined && { url }),
      ...(publicUrl !== undefined && { publicUrl }),
      ...(domain !== undefined && { domain }),
    },
    env,
    clock,
    signal,
  );
  const session = plan.kind === 'running' ? undefined : await answeringAgent(options, clock);
  if (options.dryRun) {
    const checked = await checkedAccount(await openTwilioAccount(credentials), from);
    for (const line of [checked, ...planned(to, from, plan, options)]) out(line);
    return exitCodes.ok;
  }
  if (!options.yes) {
    if (!terminal)
      throw new UsageError(
        `A call costs money, and there is no terminal to confirm it on: add --yes to call ${to}.`,
      );
    if (!(await confirm(`Call ${to} from ${from}? Twilio bills it.`, terminal, signal))) {
      note('No call was placed.');
      return exitCodes.failed;
    }
  }
  const account = await openTwilioAccount(credentials);
  const events = new CallEvents((event) => output.event(event));
  progress(opening(plan));
  const line = await openLine(plan, {
    session,
    token: await tokenFor(plan, env),
    clock,
    onEvent: (event) => events.take(event),
    onNotice: (notice) => tell(notice, output),
    signal,
  });
  try {
    signal.throwIfAborted();
    return await converse({ to, from, account, line, events, options, output, clock }, signal);
  } finally {
    await line.close();
  }
}

interface Conversation {
  readonly to: string;
  readonly from: string;
  readonly account: TwilioAccount;
  readonly line: CallLine;
  readonly events: CallEvents;
  readonly options: PhoneCallOptions;
  readonly output: CallOutput;
  readonly clock: Clock;
}

async function converse(conversation: Conversation, signal: AbortSignal): Promise<number> {
  const { to, from, account, line, options, output } = conversation;
  output.say('INFO', `call: ${from} → ${to}, answered by ${line.publicUrl}`);
  // Not aborted by the signal: only the response has the SID of the call to end.
  const placed = account.placeCall({
    to,
    from,
    voiceUrl: `${line.publicUrl}/twilio/voice`,
    statusUrl: `${line.publicUrl}/twilio/status`,
    maxDurationS: options.maxDuration,
    record: options.record !== undefined,
  });
  const forget = outsideEffects.add({
    ifLeft: `The call to ${to} may still run, for at most ${options.maxDuration} s. End it at ${consoleUrl}.`,
    undo: async () => account.endCall((await placed).callSid),
  });
  try {
    return await follow(conversation, await placed, signal);
  } finally {
    forget();
  }
}

/** Shows the call until it is over, and reports it; resolves with the exit code. */
async function follow(conversation: Conversation, call: CallState, signal: AbortSignal): Promise<number> {
  const { account, events, output, clock } = conversation;
  events.name(call.callSid);
  const onAbort = (): void => note('Hanging up; press Ctrl-C again to stop at once.');
  signal.addEventListener('abort', onAbort, { once: true });
  const state = await followCall({
    account,
    call,
    clock,
    signal,
    sessionEnded: events.ended,
    onStatus: (status) => output.status(call.callSid, status),
    onTrouble: (thrown) => output.say('WARN', messageOf(thrown)),
  });
  signal.removeEventListener('abort', onAbort);
  if (events.events.length > 0) await within(clock, lastEventWithinMs, events.ended);
  return finish(conversation, state, signal);
}

/** Reports a call that is over; resolves with the exit code. */
async function finish(conversation: Conversation, state: CallState, signal: AbortSignal): Promise<number> {
  const {
    to,
    from,
    account,
    events: { events },
    options,
    output,
    clock,
  } = conversation;
  const suspect = state.status === 'failed' || (state.status === 'completed' && events.length === 0);
  const problems = suspect && !signal.aborted ? await logOf(account, state.callSid, clock, signal) : [];
  const call: FinishedCall = { state, to, from, events, problems };
  const complaints = signal.aborted ? [] : whatWentWrong(call);
  if (output.json) {
    const { callSid, status, durationS } = state;
    out(jsonLine({ type: 'call.end', callSid, status, durationS, problems: complaints }));
  } else {
    for (const row of turnTable(events, stdoutColumns())) out(row);
    const tag = signal.aborted ? 'INFO' : complaints.length === 0 ? 'OK' : 'ERR';
    output.say(tag, `call: ${summaryText(state, events)}`);
  }
  for (const complaint of complaints) note(`error: ${complaint}`);
  if (options.record !== undefined && events.length > 0) {
    progress('Waiting for the recording.');
    const forget = outsideEffects.add({
      ifLeft: `Twilio keeps its recording of the call. It is at ${consoleUrl}, call ${state.callSid}.`,
    });
    await fetchRecording(account, state.callSid, options.record, clock);
    forget();
    note(`Wrote ${options.record}: callee left, agent right.`);
  }
  return complaints.length === 0 ? exitCodes.ok : exitCodes.failed;
}

/** The problems of a failed call in Twilio's log; empty if it lists none in time. */
async function logOf(
  account: TwilioAccount,
  callSid: string,
  clock: Clock,
  signal: AbortSignal,
): Promise<readonly CallProblem[]> {
  const startMs = clock.nowMs();
  for (;;) {
    const problems = await account.callProblems(callSid).catch(() => []);
    if (problems.length > 0 || clock.nowMs() - startMs >= logWithinMs) return problems;
    await delay(clock, askLogEveryMs, signal).catch(() => undefined);
    if (signal.aborted) return [];
  }
}

/** The relay's token: of a running relay the user's, else the one it left on disk; of a new one the user's. */
async function tokenFor(plan: LinePlan, env: CallSurroundings['env']): Promise<string | undefined> {
  return plan.kind === 'running' ? relayToken(plan.url, env) : env.HZRELAY_TOKEN || undefined;
}

function callingNumber(from: string | undefined, env: CallSurroundings['env']): string {
  if (from !== undefined) return phoneNumber(from, '--from');
  const number = env.TWILIO_PHONE_NUMBER;
  if (number) return phoneNumber(number, 'TWILIO_PHONE_NUMBER');
  throw new UsageError(
    'No number to call from: set TWILIO_PHONE_NUMBER to a number of your Twilio account, or pass it as --from.',
  );
}

/**
 * Checks the account and the number with free read-only requests; resolves with a sentence about the result, or about
 * why Twilio could not be reached. Throws a TwilioError if Twilio refuses, an HzRelayError if the account is not
 * active.
 */
async function checkedAccount(account: TwilioAccount, from: string): Promise<string> {
  try {
    const [{ status, isTrial }, number] = await Promise.all([account.info(), account.findNumber(from)]);
    if (status !== 'active')
      throw new HzRelayError(`The account is ${status}. Look for the reason at ${consoleUrl}.`);
    const trial = isTrial ? ' A trial account calls verified numbers only.' : '';
    if (!number)
      return `Twilio accepts the credentials. ${from} is not a number of the account: it can call only if it is verified there.${trial}`;
    return `Twilio accepts the credentials, and ${from} is a number of the account.${trial}`;
  } catch (thrown) {
    if (!(thrown instanceof TwilioError) || isRefusal(thrown)) throw thrown;
    return `The credentials were not checked: ${thrown.message}`;
  }
}

/** Whether Twilio refused the request. Server and network failures say nothing about the account. */
function isRefusal({ status }: TwilioError): boolean {
  return status !== null && status >= 400 && status < 500 && status !== 429;
}

/** The plan that `--dry-run` prints. */
function planned(to: string, from: string, plan: LinePlan, options: PhoneCallOptions): string[] {
  return [
    `Would ask Twilio to call ${to} from ${from}, for at most ${options.maxDuration} s.`,
    answering(plan),
    ...(options.say === undefined ? [] : [`The agent would begin with: ${options.say}`]),
    ...(options.record === undefined
      ? []
      : [
          `Twilio would record it; the recording would be written to ${options.record}, and Twilio's copy deleted.`,
        ]),
    'Nothing was done.',
  ];
}

function answering(plan: LinePlan): string {
  switch (plan.kind) {
    case 'running':
      return `The relay at ${plan.url} would answer; Twilio reaches it as ${plan.publicUrl}.`;
    case 'own':
      return `A new relay would answer; Twilio would reach it as ${plan.publicUrl}.`;
    case 'tunnelled':
      return 'A new relay behind a new ngrok tunnel would answer.';
  }
}

function opening(plan: LinePlan): string {
  switch (plan.kind) {
    case 'running':
      return `Using the relay at ${plan.url}.`;
    case 'own':
      return 'Starting a relay and loading its speech models.';
    case 'tunnelled':
      return 'Opening a tunnel, starting a relay and loading its speech models.';
  }
}

/** Prints the relay's notices, except call statuses: those are polled from Twilio. */
function tell({ level, message }: RelayNotice, output: CallOutput): void {
  if (level === 'info' && message.startsWith('twilio call ')) return;
  output.say(level === 'info' ? 'INFO' : level === 'warn' ? 'WARN' : 'ERR', message);
}
