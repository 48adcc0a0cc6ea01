/**
 * A Twilio account over its REST API: numbers and their webhooks, outbound calls. A thin edge over the `twilio` package,
 * which is loaded when it is first needed; everything it throws becomes a {@link TwilioError}.
 */
import { Agent as PlainAgent } from 'node:http';
import { Agent as SecureAgent } from 'node:https';
import type Twilio from 'twilio';
import type RequestClient from 'twilio/lib/base/RequestClient.js';
import { z } from 'zod';
import { openHttpClient } from '../network/http-client.js';
import { webSocketAgent } from '../network/web-socket-agent.js';
import { apiOrigin, type TwilioCredentials } from './twilio-credentials.js';
import { twilioError, TwilioError, type TwilioErrorContext } from './twilio-errors.js';

export { hasTwilioCredentials, twilioCredentials, type TwilioCredentials } from './twilio-credentials.js';

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
  /** If it is not empty, Twilio ignores the voice URL. */
  readonly voiceApplicationSid: string;
}

export interface TwilioNumber extends VoiceSettings {
  readonly sid: string;
  /** E.164. */
  readonly phoneNumber: string;
  /** The SIP trunk that takes its calls; Twilio then ignores the other settings. */
  readonly trunkSid: string | null;
  /** False for numbers that take messages only. */
  readonly takesCalls: boolean;
}

export interface OutboundCall {
  /** E.164, as is `from`. */
  readonly to: string;
  readonly from: string;
  /** The webhook that Twilio asks for instructions when the call is answered. */
  readonly voiceUrl: string;
  readonly statusUrl: string;
  /** Limit after which Twilio ends the call; null for Twilio's own limit of four hours. */
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
  /** Billed call time in seconds; null while the call is running. */
  readonly durationS: number | null;
}

/** An entry of Twilio's log about a call. */
export interface CallProblem {
  readonly code: number;
  readonly message: string;
  readonly level: 'error' | 'warning';
}

/** Every method rejects with a TwilioError that names the problem and the remedy. */
export interface TwilioAccount {
  readonly accountSid: string;
  info(): Promise<TwilioAccountInfo>;
  /** The account's number with exactly these digits; null if it has none. */
  findNumber(phoneNumber: string): Promise<TwilioNumber | null>;
  setVoice(numberSid: string, settings: VoiceSettings): Promise<void>;
  placeCall(call: OutboundCall): Promise<CallState>;
  callState(callSid: string): Promise<CallState>;
  /** Ends a ringing or running call; has no effect on one that is over. */
  endCall(callSid: string): Promise<void>;
  /** Replaces what a running call does by this TwiML, at once. Resolves with `over` if the call has ended. */
  redirectCall(callSid: string, twiml: string): Promise<'redirected' | 'over'>;
  /** The entries about a call in Twilio's log, the latest last. They appear after some seconds. */
  callProblems(callSid: string): Promise<readonly CallProblem[]>;
  /**
   * The recording of a call: a stereo WAV, callee left, agent right; null until it is ready. `remove` deletes Twilio's copy.
   */
  recording(callSid: string): Promise<CallRecordingFile | null>;
}

export interface CallRecordingFile {
  readonly wav: Uint8Array;
  remove(): Promise<void>;
}

export interface TwilioAccountOptions {
  /** Time-out of each request. @default 10000 */
  readonly timeoutMs?: number;
}

const defaultTimeoutMs = 10_000;
/** A request that got a 429 was not carried out, so a retry is safe. */
const maxRetries = 2;
/** "Invalid call state". Source: https://www.twilio.com/docs/api/errors/21220 */
const callIsOver = 21220;

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

/** Opens the account; makes no request yet. */
export async function openTwilioAccount(
  credentials: TwilioCredentials,
  { timeoutMs = defaultTimeoutMs }: TwilioAccountOptions = {},
): Promise<TwilioAccount> {
  const { default: twilio } = await import('twilio');
  const { accountSid, logins, edge, region, baseUrl } = credentials;

  /** The package cannot use another server, and reads only one of the proxy variables. */
  class Requests extends twilio.RequestClient {
    readonly #plain = new PlainAgent({ keepAlive: true });
    /** The package's own agent for Twilio itself: it may have certificates (TWILIO_CA_BUNDLE). */
    readonly #secure: unknown =
      this.axios.defaults.httpsAgent instanceof SecureAgent
        ? this.axios.defaults.httpsAgent
        : new SecureAgent({ keepAlive: true });

    override request<T>(
      options: RequestClient.RequestOptions<T>,
    ): ReturnType<typeof twilio.RequestClient.prototype.request<T>> {
      const { pathname, search } = new URL(options.uri);
      const uri = baseUrl === null ? options.uri : `${baseUrl}${pathname}${search}`;
      const proxied = webSocketAgent(uri);
      this.axios.defaults.httpAgent = proxied ?? this.#plain;
      this.axios.defaults.httpsAgent = proxied ?? this.#secure;
      return super.request<T>({ ...options, uri });
    }
  }
  const httpClient = new Requests({ timeout: timeoutMs, autoRetry: true, maxRetries });
  const clients = logins.map(({ user, secret }) =>
    twilio(user, secret, { accountSid, httpClient, edge, region }),
  );
  return new RestAccount(clients, credentials, timeoutMs);
}

class RestAccount implements TwilioAccount {
  readonly accountSid: string;
  /** One client for each login, in the order in which they are tried. */
  readonly #clients: readonly Twilio.Twilio[];
  readonly #credentials: TwilioCredentials;
  readonly #timeoutMs: number;

  constructor(clients: readonly Twilio.Twilio[], credentials: TwilioCredentials, timeoutMs: number) {
    this.accountSid = credentials.accountSid;
    this.#clients = clients;
    this.#credentials = credentials;
    this.#timeoutMs = timeoutMs;
  }

  info(): Promise<TwilioAccountInfo> {
    return this.#attempt({ doing: 'show the account' }, async (client) => {
      try {
        const { friendlyName, status, type } = await client.api.v2010.accounts(this.accountSid).fetch();
        return { friendlyName, status, isTrial: type === 'Trial' };
      } catch (thrown) {
        // Most API keys cannot read the account resource. A key that can read the numbers is valid.
        if (client.username === this.accountSid || !isRefusal(thrown)) throw thrown;
        await client.incomingPhoneNumbers.list({ limit: 1 });
        return { friendlyName: '', status: 'active', isTrial: false };
      }
    });
  }

  findNumber(phoneNumber: string): Promise<TwilioNumber | null> {
    return this.#attempt({ doing: `look ${phoneNumber} up` }, async (client) => {
      // Twilio's filter also returns numbers that only contain these digits.
      const numbers = await client.incomingPhoneNumbers.list({ phoneNumber, limit: 50 });
      const found = numbers.find((number) => number.phoneNumber === phoneNumber);
      if (!found) return null;
      // Typed as strings, but null if unset.
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
    return this.#attempt({ doing: 'set the webhook of the number' }, async (client) => {
      await client.incomingPhoneNumbers(numberSid).update({ voiceUrl, voiceMethod, voiceApplicationSid });
    });
  }

  placeCall(call: OutboundCall): Promise<CallState> {
    const { to, from, voiceUrl, statusUrl, maxDurationS, record } = call;
    return this.#attempt({ doing: 'place the call', to, from }, async (client) =>
      stateOf(
        await client.calls.create({
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
    return this.#attempt({ doing: 'tell how the call goes' }, async (client) =>
      stateOf(await client.calls(callSid).fetch()),
    );
  }

  endCall(callSid: string): Promise<void> {
    return this.#attempt({ doing: 'end the call' }, async (client) => {
      // "completed" also ends ringing calls; "canceled" does not end answered ones.
      await client.calls(callSid).update({ status: 'completed' });
    });
  }

  async redirectCall(callSid: string, twiml: string): Promise<'redirected' | 'over'> {
    try {
      await this.#attempt({ doing: 'give the call another instruction' }, async (client) => {
        await client.calls(callSid).update({ twiml });
      });
      return 'redirected';
    } catch (thrown) {
      if (!(thrown instanceof TwilioError)) throw thrown;
      if (thrown.code === callIsOver) return 'over';
      // An ended call is not always found for an update. Of another region's call, nothing is found at all.
      if (thrown.status === 404 && isOver((await this.callState(callSid)).status)) return 'over';
      throw thrown;
    }
  }

  callProblems(callSid: string): Promise<readonly CallProblem[]> {
    return this.#attempt({ doing: 'show its log' }, async (client) => {
      const notifications = await client.calls(callSid).notifications.list({ limit: 20 });
      return notifications.map(({ errorCode, messageText, log }) => ({
        code: Number(errorCode),
        message: new URLSearchParams(messageText).get('Msg') ?? messageText,
        level: log === '0' ? 'error' : 'warning',
      }));
    });
  }

  recording(callSid: string): Promise<CallRecordingFile | null> {
    return this.#attempt({ doing: 'hand the recording over' }, async (client) => {
      const recordings = await client.calls(callSid).recordings.list({ limit: 1 });
      const [found] = recordings;
      if (found?.status !== 'completed') return null;
      const wav = await this.#download(client, `${found.uri.replace(/\.json$/, '.wav')}?RequestedChannels=2`);
      const remove = (): Promise<void> =>
        this.#attempt({ doing: 'delete its copy of the recording' }, async (client) => {
          await client.recordings(found.sid).remove();
        });
      return { wav, remove };
    });
  }

  /** Does not use the package: it reads every response as text, which would corrupt audio. */
  async #download(client: Twilio.Twilio, path: string): Promise<Uint8Array> {
    const base = apiOrigin(this.#credentials);
    const http = await openHttpClient(base);
    try {
      const { username = '', password = '' } = client;
      const response = await http.fetch(`${base}${path}`, {
        headers: { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` },
        signal: AbortSignal.timeout(this.#timeoutMs),
      });
      if (!response.ok) {
        const { status } = response;
        throw Object.assign(new Error(`It answered ${status}.`), { status });
      }
      return new Uint8Array(await response.arrayBuffer());
    } finally {
      void http.close();
    }
  }

  /** Tries each login in turn until one is accepted. */
  async #attempt<T>(
    context: Omit<TwilioErrorContext, 'secrets' | 'host'>,
    act: (client: Twilio.Twilio) => Promise<T>,
  ): Promise<T> {
    let refused: unknown;
    for (const client of this.#clients) {
      try {
        return await act(client);
      } catch (thrown) {
        refused ??= thrown;
        if (isRefusal(thrown)) continue;
        refused = thrown;
        break;
      }
    }
    const secrets = this.#credentials.logins.map(({ secret }) => secret);
    throw twilioError(refused, { ...context, secrets, host: new URL(apiOrigin(this.#credentials)).host });
  }
}

/** Whether Twilio refused the login; it did not carry out the request then. */
function isRefusal(thrown: unknown): boolean {
  if (typeof thrown !== 'object' || thrown === null || !('status' in thrown)) return false;
  return thrown.status === 401 || (thrown.status === 403 && 'code' in thrown && thrown.code === 70051);
}

/** Whether the status is final. */
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
  // An unknown status is treated as an early one: known ones follow.
  const known = callStatus.catch('queued').parse(status);
  return {
    callSid: sid,
    status: known,
    durationS: isOver(known) && duration !== null ? Number(duration) : null,
  };
}
