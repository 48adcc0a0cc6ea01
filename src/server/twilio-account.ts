/**
 * A Twilio account over its REST API: numbers and their webhooks, outbound calls. A thin edge over the `twilio` package,
 * which is loaded when it is first needed; everything it throws becomes a {@link TwilioError}.
 */
import type Twilio from 'twilio';
import type RequestClient from 'twilio/lib/base/RequestClient.js';
import { z } from 'zod';
import { ConfigError, type ConfigProblem } from '../errors.js';
import { twilioError, type TwilioErrorContext } from './twilio-errors.js';

export interface TwilioCredentials {
  readonly accountSid: string;
  readonly authToken: string;
  /** Another origin than Twilio's own: a region, a proxy, a simulator; null for Twilio's. */
  readonly baseUrl: string | null;
}

export interface TwilioAccountInfo {
  readonly friendlyName: string;
  readonly status: string;
  /** A trial account calls verified numbers only. */
  readonly isTrial: boolean;
}

/** What a number does with calls. */
export interface VoiceSettings {
  readonly voiceUrl: string;
  readonly voiceMethod: string;
  /** Where it is not empty, Twilio ignores the voice URL. */
  readonly voiceApplicationSid: string;
}

export interface TwilioNumber extends VoiceSettings {
  readonly sid: string;
  /** E.164. */
  readonly phoneNumber: string;
  /** The SIP trunk that takes its calls; then Twilio ignores everything else. */
  readonly trunkSid: string | null;
  /** Some numbers take messages only. */
  readonly takesCalls: boolean;
}

export interface OutboundCall {
  /** E.164, as is `from`. */
  readonly to: string;
  readonly from: string;
  /** The webhook that says what to do once it is answered. */
  readonly voiceUrl: string;
  readonly statusUrl: string;
  /** After this time the call is ended; null for Twilio's own limit of four hours. */
  readonly maxDurationS: number | null;
  /** Has Twilio record both sides. */
  readonly record: boolean;
}

/** Source: https://www.twilio.com/docs/voice/api/call-resource#call-status-values */
export type CallStatus =
  | 'queued'
  | 'initiated'
  | 'ringing'
  | 'in-progress'
  | 'completed'
  | 'busy'
  | 'failed'
  | 'no-answer'
  | 'canceled';

export interface CallState {
  readonly callSid: string;
  readonly status: CallStatus;
  /** Seconds that were talked, as billed; null while the call goes on. */
  readonly durationS: number | null;
}

/** An entry of Twilio's log about a call. */
export interface CallProblem {
  readonly code: number;
  readonly message: string;
  readonly level: 'error' | 'warning';
}

/** Every method rejects with a TwilioError that says what is wrong and what to do. */
export interface TwilioAccount {
  readonly accountSid: string;
  info(): Promise<TwilioAccountInfo>;
  /** The account's number of exactly these digits; null where it has none. */
  findNumber(phoneNumber: string): Promise<TwilioNumber | null>;
  setVoice(numberSid: string, settings: VoiceSettings): Promise<void>;
  placeCall(call: OutboundCall): Promise<CallState>;
  callState(callSid: string): Promise<CallState>;
  /** Ends a call that rings or goes on; one that is over stays as it is. */
  endCall(callSid: string): Promise<void>;
  /** What Twilio's log has of a call, the latest last. It may take some seconds until it is there. */
  callProblems(callSid: string): Promise<readonly CallProblem[]>;
  /**
   * The recording of a call: a stereo WAV, the callee left, the agent right; null as long as it is not ready. `remove`
   * deletes Twilio's copy.
   */
  recording(callSid: string): Promise<CallRecordingFile | null>;
}

export interface CallRecordingFile {
  readonly wav: Uint8Array;
  remove(): Promise<void>;
}

export interface TwilioAccountOptions {
  /** How long each request may take. @default 10000 */
  readonly timeoutMs?: number;
}

const defaultTimeoutMs = 10_000;
/** A request that met a 429 was not carried out, so that it may be repeated. */
const maxRetries = 2;

const callStatus = z.enum([
  'queued',
  'initiated',
  'ringing',
  'in-progress',
  'completed',
  'busy',
  'failed',
  'no-answer',
  'canceled',
] satisfies CallStatus[]);

type Environment = Readonly<Record<string, string | undefined>>;

/** Whether the environment names an account and its token, right or wrong. */
export function hasTwilioCredentials(env: Environment = process.env): boolean {
  return Boolean(env.TWILIO_ACCOUNT_SID) && Boolean(env.TWILIO_AUTH_TOKEN);
}

/** The account that the environment names. Throws a ConfigError that lists every variable that is missing or wrong. */
export function twilioCredentials(env: Environment = process.env): TwilioCredentials {
  const { TWILIO_ACCOUNT_SID: accountSid = '', TWILIO_AUTH_TOKEN: authToken = '' } = env;
  const problems: ConfigProblem[] = [];
  const missing = (field: string): void =>
    void problems.push({ field, problem: 'is not set.', remedy: 'Copy it from https://console.twilio.com.' });
  if (accountSid === '') missing('TWILIO_ACCOUNT_SID');
  else if (!/^AC[0-9a-f]{32}$/i.test(accountSid))
    problems.push({
      field: 'TWILIO_ACCOUNT_SID',
      problem: accountSid.startsWith('SK') ? 'is the SID of an API key.' : 'is no account SID.',
      remedy: 'Give the one of https://console.twilio.com: AC and 32 hex digits.',
    });
  if (authToken === '') missing('TWILIO_AUTH_TOKEN');
  const baseUrl = baseUrlFrom(env.TWILIO_BASE_URL ?? '', problems);
  if (problems.length > 0) throw new ConfigError(problems);
  return { accountSid, authToken, baseUrl };
}

function baseUrlFrom(text: string, problems: ConfigProblem[]): string | null {
  if (text === '') return null;
  const url = URL.canParse(text) ? new URL(text.replace(/^ws/, 'http')) : null;
  if (url && /^https?:$/.test(url.protocol) && url.username === '') return url.href.replace(/\/$/, '');
  problems.push({
    field: 'TWILIO_BASE_URL',
    problem: 'is no address of a server.',
    remedy: 'Give one such as https://api.dublin.ie1.twilio.com, or unset it.',
  });
  return null;
}

/** Opens the account; makes no request yet. */
export async function openTwilioAccount(
  credentials: TwilioCredentials,
  { timeoutMs = defaultTimeoutMs }: TwilioAccountOptions = {},
): Promise<TwilioAccount> {
  const { default: twilio } = await import('twilio');
  const { accountSid, authToken, baseUrl } = credentials;

  /** The package has no option for another server. */
  class Requests extends twilio.RequestClient {
    override request<T>(
      options: RequestClient.RequestOptions<T>,
    ): ReturnType<typeof twilio.RequestClient.prototype.request<T>> {
      const { pathname, search } = new URL(options.uri);
      const uri = baseUrl === null ? options.uri : `${baseUrl}${pathname}${search}`;
      return super.request<T>({ ...options, uri });
    }
  }
  const httpClient = new Requests({ timeout: timeoutMs, autoRetry: true, maxRetries });
  return new RestAccount(twilio(accountSid, authToken, { httpClient }), credentials, timeoutMs);
}

class RestAccount implements TwilioAccount {
  readonly accountSid: string;
  readonly #client: Twilio.Twilio;
  readonly #credentials: TwilioCredentials;
  readonly #timeoutMs: number;

  constructor(client: Twilio.Twilio, credentials: TwilioCredentials, timeoutMs: number) {
    this.accountSid = credentials.accountSid;
    this.#client = client;
    this.#credentials = credentials;
    this.#timeoutMs = timeoutMs;
  }

  info(): Promise<TwilioAccountInfo> {
    return this.#attempt({ doing: 'show the account' }, async () => {
      const { friendlyName, status, type } = await this.#client.api.v2010.accounts(this.accountSid).fetch();
      return { friendlyName, status, isTrial: type === 'Trial' };
    });
  }

  findNumber(phoneNumber: string): Promise<TwilioNumber | null> {
    return this.#attempt({ doing: `look ${phoneNumber} up` }, async () => {
      // The filter also finds numbers that merely contain these digits.
      const numbers = await this.#client.incomingPhoneNumbers.list({ phoneNumber, limit: 50 });
      const found = numbers.find((number) => number.phoneNumber === phoneNumber);
      if (!found) return null;
      // Typed as strings, but null where nothing is set.
      const { sid, voiceUrl, voiceMethod, voiceApplicationSid, trunkSid } = found as Nullable<typeof found>;
      return {
        sid: sid ?? '',
        phoneNumber,
        voiceUrl: voiceUrl ?? '',
        voiceMethod: voiceMethod ?? 'POST',
        voiceApplicationSid: voiceApplicationSid ?? '',
        trunkSid: trunkSid === '' ? null : trunkSid,
        takesCalls: found.capabilities.voice,
      };
    });
  }

  setVoice(numberSid: string, settings: VoiceSettings): Promise<void> {
    const { voiceUrl, voiceMethod, voiceApplicationSid } = settings;
    return this.#attempt({ doing: 'set the webhook of the number' }, async () => {
      await this.#client
        .incomingPhoneNumbers(numberSid)
        .update({ voiceUrl, voiceMethod, voiceApplicationSid });
    });
  }

  placeCall(call: OutboundCall): Promise<CallState> {
    const { to, from, voiceUrl, statusUrl, maxDurationS, record } = call;
    return this.#attempt({ doing: 'place the call', to, from }, async () =>
      stateOf(
        await this.#client.calls.create({
          to,
          from,
          url: voiceUrl,
          method: 'POST',
          statusCallback: statusUrl,
          statusCallbackMethod: 'POST',
          statusCallbackEvent: ['initiated', 'ringing', 'answered', 'completed'],
          ...(maxDurationS !== null && { timeLimit: maxDurationS }),
          ...(record && { record, recordingChannels: 'dual', trim: 'do-not-trim' }),
        }),
      ),
    );
  }

  callState(callSid: string): Promise<CallState> {
    return this.#attempt({ doing: 'tell how the call goes' }, async () =>
      stateOf(await this.#client.calls(callSid).fetch()),
    );
  }

  endCall(callSid: string): Promise<void> {
    return this.#attempt({ doing: 'end the call' }, async () => {
      // "completed" ends calls that ring as well, which "canceled" does not do for those that were answered.
      await this.#client.calls(callSid).update({ status: 'completed' });
    });
  }

  callProblems(callSid: string): Promise<readonly CallProblem[]> {
    return this.#attempt({ doing: 'show its log' }, async () => {
      const notifications = await this.#client.calls(callSid).notifications.list({ limit: 20 });
      return notifications.map(({ errorCode, messageText, log }) => ({
        code: Number(errorCode),
        message: new URLSearchParams(messageText).get('Msg') ?? messageText,
        level: log === '0' ? 'error' : 'warning',
      }));
    });
  }

  recording(callSid: string): Promise<CallRecordingFile | null> {
    return this.#attempt({ doing: 'hand the recording over' }, async () => {
      const recordings = await this.#client.calls(callSid).recordings.list({ limit: 1 });
      const [found] = recordings;
      if (found?.status !== 'completed') return null;
      const wav = await this.#download(`${found.uri.replace(/\.json$/, '.wav')}?RequestedChannels=2`);
      const remove = (): Promise<void> =>
        this.#attempt({ doing: 'delete its copy of the recording' }, async () => {
          await this.#client.recordings(found.sid).remove();
        });
      return { wav, remove };
    });
  }

  /** The package reads every answer as text, which would spoil audio. */
  async #download(path: string): Promise<Uint8Array> {
    const { accountSid, authToken, baseUrl } = this.#credentials;
    const credentials = Buffer.from(`${accountSid}:${authToken}`).toString('base64');
    const response = await fetch(`${baseUrl ?? 'https://api.twilio.com'}${path}`, {
      headers: { authorization: `Basic ${credentials}` },
      signal: AbortSignal.timeout(this.#timeoutMs),
    });
    if (!response.ok) {
      const { status } = response;
      throw Object.assign(new Error(`It answered ${status}.`), { status });
    }
    return new Uint8Array(await response.arrayBuffer());
  }

  async #attempt<T>(
    context: Omit<TwilioErrorContext, 'authToken' | 'host'>,
    act: () => Promise<T>,
  ): Promise<T> {
    const { authToken, baseUrl } = this.#credentials;
    try {
      return await act();
    } catch (thrown) {
      const host = baseUrl === null ? 'api.twilio.com' : new URL(baseUrl).host;
      throw twilioError(thrown, { ...context, authToken, host });
    }
  }
}

/** Whether nothing comes after this status. */
export function isOver(status: CallStatus): boolean {
  return ['completed', 'busy', 'failed', 'no-answer', 'canceled'].includes(status);
}

type Nullable<T> = { readonly [K in keyof T]: T[K] | null };

function stateOf(call: {
  readonly sid: string;
  readonly status: string;
  readonly duration: string | null;
}): CallState {
  const { sid, status, duration } = call;
  // One that is not known yet is on the way to those that are.
  const known = callStatus.catch('queued').parse(status);
  return {
    callSid: sid,
    status: known,
    durationS: isOver(known) && duration !== null ? Number(duration) : null,
  };
}
