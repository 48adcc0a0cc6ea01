import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { writeWav } from '../../audio/wav.js';
import { systemClock, type Clock } from '../../core/clock.js';
import { messageOf } from '../../core/errors.js';
import { simulatedKeys } from '../simulated-keys.js';
import type { CalleeScript } from './callee-script.js';
import {
  SimulatedOutboundCall,
  type OutboundCallRequest,
  type StatusCallback,
} from './simulated-outbound-call.js';
import {
  accountResource,
  callResource,
  listOf,
  notificationResource,
  numberResource,
  recordingResource,
  type SimulatedNumber,
} from './twilio-resources.js';
import {
  twilioErrorBody,
  twilioRestErrors,
  type TwilioRestError,
  type TwilioRestFault,
} from './twilio-rest-error.js';

export interface TwilioRestSimulatorOptions {
  /** @default all zeros */
  readonly accountSid?: string;
  /** Signs in to the API, and signs the calls' webhook requests. @default a distinctive one */
  readonly authToken?: string;
  /** Also signs in to the API, while tokens rotate. @default none */
  readonly secondaryAuthToken?: string;
  /** Also signs in to the API, except to the account resource, like a standard key. @default none */
  readonly apiKey?: { readonly sid: string; readonly secret: string };
  /** A trial account calls verified numbers only. @default 'Full' */
  readonly type?: 'Trial' | 'Full';
  /** The account's numbers with their settings. @default one, +15550100002, without a webhook */
  readonly numbers?: readonly (Pick<SimulatedNumber, 'phoneNumber'> & Partial<SimulatedNumber>)[];
  /** Numbers that a trial account may call. @default none */
  readonly verified?: readonly string[];
  /** Prefixes of numbers that the account may not call. @default none */
  readonly forbiddenPrefixes?: readonly string[];
  /** The callee's behaviour. @default answers after a second and listens */
  readonly callee?: CalleeScript | ((call: OutboundCallRequest) => CalleeScript);
  /** @default the machine's clock */
  readonly clock?: Clock;
}

/** A received request, without its credentials. */
export interface TwilioRestRequest {
  readonly method: string;
  /** Path below the account, such as `/Calls.json`. */
  readonly path: string;
  readonly form: URLSearchParams;
}

/** The SID of a number, a call or a recording. */
const anySid = /(?<=\/)(?:PN|CA|RE)[0-9a-f]{32}/;
const defaultCallee: CalleeScript = { does: 'answer' };

/**
 * The part of Twilio's REST API that a relay needs, on the loopback interface: the account, its numbers and their webhooks,
 * and calls that really take place. A call's TwiML is fetched with Twilio's signature, a simulated phone talks over the media
 * stream, and statuses go to the callback. The `twilio` package talks to it over a real socket. Started by
 * {@link startTwilioRestSimulator}; the caller closes it.
 */
export class TwilioRestSimulator {
  /** For `TWILIO_BASE_URL`: `http://127.0.0.1:<port>`. */
  readonly baseUrl: string;
  readonly accountSid: string;
  readonly authToken: string;
  /** Every request with valid credentials, in order of arrival. */
  readonly requests: TwilioRestRequest[] = [];
  /** Every sent status callback, in order. */
  readonly callbacks: StatusCallback[] = [];
  /** Errors inside the simulator. */
  readonly problems: string[] = [];
  readonly calls: SimulatedOutboundCall[] = [];
  readonly numbers: SimulatedNumber[];
  readonly #server: Server;
  readonly #options: TwilioRestSimulatorOptions;
  readonly #clock: Clock;
  readonly #faults: TwilioRestFault[] = [];
  /** Recordings by their sid, until they are deleted. */
  readonly #recordings = new Map<string, SimulatedOutboundCall>();
  /** Recordings that were requested before: at the first request they are not ready yet. */
  readonly #asked = new Set<string>();
  #waiting: { readonly until: () => boolean; readonly resolve: () => void }[] = [];

  /** `server` is already listening. */
  constructor(server: Server, options: TwilioRestSimulatorOptions) {
    this.#server = server;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    this.accountSid = options.accountSid ?? `AC${'0'.repeat(32)}`;
    this.authToken = options.authToken ?? simulatedKeys.twilio;
    this.numbers = (options.numbers ?? [{ phoneNumber: '+15550100002' }]).map((number) => ({
      sid: `PN${randomBytes(16).toString('hex')}`,
      voiceUrl: '',
      voiceMethod: 'POST',
      voiceApplicationSid: '',
      statusCallback: '',
      statusCallbackMethod: 'POST',
      trunkSid: null,
      ...number,
    }));
    server.on('request', (request, response) => {
      this.#serve(request, response).catch((thrown: unknown) => {
        this.problems.push(messageOf(thrown));
        response.destroy();
      });
    });
  }

  /** The environment that makes a program use this simulator instead of Twilio. */
  get env(): Readonly<Record<'TWILIO_ACCOUNT_SID' | 'TWILIO_AUTH_TOKEN' | 'TWILIO_BASE_URL', string>> {
    return {
      TWILIO_ACCOUNT_SID: this.accountSid,
      TWILIO_AUTH_TOKEN: this.authToken,
      TWILIO_BASE_URL: this.baseUrl,
    };
  }

  /** Queues faults for the next requests, one each; later ones are healthy. */
  failNext(...faults: readonly TwilioRestFault[]): void {
    this.#faults.push(...faults);
  }

  /** Resolves when the condition holds; it is checked after every request and every callback. */
  when(condition: () => boolean): Promise<void> {
    if (condition()) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ until: condition, resolve }));
  }

  /** Ends every call, cuts all connections and stops listening. */
  async close(): Promise<void> {
    await Promise.all(this.calls.map((call) => call.hangUp()));
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const form = new URLSearchParams(await textOf(request));
    const { pathname, searchParams } = new URL(request.url ?? '', this.baseUrl);
    const method = request.method ?? '';
    const account = `/2010-04-01/Accounts/${this.accountSid}`;
    if (!this.#isAuthorized(request)) {
      sendError(response, twilioRestErrors.notAuthenticated());
      return;
    }
    const path = pathname.startsWith(account) ? pathname.slice(account.length) : '';
    this.requests.push({ method, path, form });
    const fault = this.#faults.shift();
    if (fault) this.#fail(fault, response);
    else if (path === '') sendError(response, twilioRestErrors.notFound(pathname));
    else this.#answer(`${method} ${path}`, pathname, searchParams, form, response);
    this.#wake();
  }

  #answer(
    route: string,
    pathname: string,
    query: URLSearchParams,
    form: URLSearchParams,
    response: ServerResponse,
  ): void {
    const [sid = ''] = anySid.exec(route) ?? [];
    const number = this.numbers.find((candidate) => candidate.sid === sid);
    const call = this.calls.find((candidate) => candidate.sid === sid);
    const send = (body: object, status = 200): void => sendJson(response, status, body);
    switch (route.replace(anySid, ':sid')) {
      case 'GET .json':
        return send(accountResource({ sid: this.accountSid, type: this.#type, status: 'active' }));
      case 'GET /IncomingPhoneNumbers.json': {
        // Twilio also matches parts of numbers.
        const part = query.get('PhoneNumber') ?? '';
        const found = this.numbers.filter(({ phoneNumber }) => phoneNumber.includes(part));
        const items = found.map((item) => numberResource(item, this.accountSid));
        return send(listOf('incoming_phone_numbers', items, pathname));
      }
      case 'GET /IncomingPhoneNumbers/:sid.json':
        if (number) return send(numberResource(number, this.accountSid));
        break;
      case 'POST /IncomingPhoneNumbers/:sid.json':
        if (number) return this.#updateNumber(number, form, response);
        break;
      case 'POST /Calls.json':
        return this.#createCall(form, response);
      case 'GET /Calls/:sid.json':
        if (call) return send(callResource(call, this.accountSid));
        break;
      case 'POST /Calls/:sid.json':
        if (call) return this.#updateCall(call, form, response);
        break;
      case 'GET /Calls/:sid/Notifications.json':
        if (call) {
          const items = call.problems.map((problem) => notificationResource(problem, call.sid));
          return send(listOf('notifications', items, pathname));
        }
        break;
      case 'GET /Calls/:sid/Recordings.json':
        if (call) return send(listOf('recordings', this.#recordingsOf(call), pathname));
        break;
      case 'GET /Recordings/:sid.wav': {
        const recording = this.#recordings.get(sid)?.recording;
        if (!recording) break;
        const { caller, agent, sampleRateHz } = recording;
        response.writeHead(200, { 'content-type': 'audio/x-wav' });
        response.end(writeWav({ channels: [caller, agent], sampleRateHz }));
        return;
      }
      case 'DELETE /Recordings/:sid.json':
        if (this.#recordings.delete(sid)) {
          response.writeHead(204).end();
          return;
        }
        break;
    }
    sendError(response, twilioRestErrors.notFound(pathname));
  }

  #updateNumber(number: SimulatedNumber, form: URLSearchParams, response: ServerResponse): void {
    const voiceUrl = form.get('VoiceUrl');
    if (voiceUrl !== null && voiceUrl !== '' && !isWebUrl(voiceUrl)) {
      sendError(response, twilioRestErrors.invalidVoiceUrl(voiceUrl));
      return;
    }
    number.voiceUrl = voiceUrl ?? number.voiceUrl;
    number.voiceMethod = form.get('VoiceMethod') ?? number.voiceMethod;
    number.voiceApplicationSid = form.get('VoiceApplicationSid') ?? number.voiceApplicationSid;
    number.statusCallback = form.get('StatusCallback') ?? number.statusCallback;
    number.statusCallbackMethod = form.get('StatusCallbackMethod') ?? number.statusCallbackMethod;
    sendJson(response, 200, numberResource(number, this.accountSid));
  }

  #createCall(form: URLSearchParams, response: ServerResponse): void {
    const problem = this.#problemOf(form);
    if (problem) {
      sendError(response, problem);
      return;
    }
    const request = callRequestOf(form);
    const { callee = defaultCallee } = this.#options;
    const call = new SimulatedOutboundCall({
      request,
      script: typeof callee === 'function' ? callee(request) : callee,
      accountSid: this.accountSid,
      authToken: this.authToken,
      clock: this.#clock,
      onCallback: (callback) => {
        this.callbacks.push(callback);
        this.#wake();
      },
    });
    call.ended.catch((thrown: unknown) => this.problems.push(messageOf(thrown)));
    this.calls.push(call);
    sendJson(response, 201, callResource(call, this.accountSid));
  }

  /** Source: https://www.twilio.com/docs/voice/tutorials/how-to-modify-calls-in-progress */
  #updateCall(call: SimulatedOutboundCall, form: URLSearchParams, response: ServerResponse): void {
    const twiml = form.get('Twiml');
    if (twiml !== null && call.status !== 'in-progress')
      return sendError(response, twilioRestErrors.notInProgress());
    if (twiml !== null) call.redirect(twiml);
    if (['completed', 'canceled'].includes(form.get('Status') ?? '')) void call.hangUp();
    sendJson(response, 200, callResource(call, this.accountSid));
  }

  #problemOf(form: URLSearchParams): TwilioRestError | null {
    const [to, from, url] = [form.get('To') ?? '', form.get('From') ?? '', form.get('Url') ?? ''];
    const { verified = [], forbiddenPrefixes = [] } = this.#options;
    if (to === '') return twilioRestErrors.noTo();
    if (from === '') return twilioRestErrors.noFrom();
    if (url === '') return twilioRestErrors.noUrl();
    if (!isWebUrl(url)) return twilioRestErrors.invalidUrl(url);
    if (!/^\+[1-9]\d{6,14}$/.test(to)) return twilioRestErrors.invalidTo(to);
    if (!this.numbers.some(({ phoneNumber }) => phoneNumber === from))
      return twilioRestErrors.foreignFrom(from);
    if (this.#type === 'Trial' && !verified.includes(to)) return twilioRestErrors.unverifiedTo(to);
    if (forbiddenPrefixes.some((prefix) => to.startsWith(prefix)))
      return twilioRestErrors.noGeoPermission(to);
    return null;
  }

  #recordingsOf(call: SimulatedOutboundCall): object[] {
    if (!call.recording) return [];
    const sid = `RE${call.sid.slice(2)}`;
    if (!this.#asked.has(sid)) this.#recordings.set(sid, call);
    const status = this.#asked.has(sid) ? 'completed' : 'processing';
    this.#asked.add(sid);
    return this.#recordings.has(sid) ? [recordingResource(call, sid, status, this.accountSid)] : [];
  }

  get #type(): 'Trial' | 'Full' {
    return this.#options.type ?? 'Full';
  }

  #isAuthorized(request: IncomingMessage): boolean {
    const { secondaryAuthToken, apiKey } = this.#options;
    const isAccount = /\/Accounts\/AC\w+\.json/.test(request.url ?? '');
    const logins = [`${this.accountSid}:${this.authToken}`];
    if (secondaryAuthToken !== undefined) logins.push(`${this.accountSid}:${secondaryAuthToken}`);
    // Standard keys give access to "all Twilio API resources, except for API key and Account resources"
    // (https://www.twilio.com/docs/iam/api-keys/keys-in-console).
    if (apiKey && !isAccount) logins.push(`${apiKey.sid}:${apiKey.secret}`);
    const given = request.headers.authorization;
    return logins.some((login) => given === `Basic ${Buffer.from(login).toString('base64')}`);
  }

  #fail(fault: TwilioRestFault, response: ServerResponse): void {
    switch (fault.fault) {
      case 'hang':
        return;
      case 'reset':
        response.socket?.resetAndDestroy();
        return;
      case 'html':
        response.writeHead(fault.status, { 'content-type': 'text/html' }).end('<h1>Bad gateway</h1>');
        return;
      case 'error':
        sendError(response, fault, fault.retryAfter);
    }
  }

  #wake(): void {
    const ready = this.#waiting.filter(({ until }) => until());
    this.#waiting = this.#waiting.filter((waiter) => !ready.includes(waiter));
    for (const { resolve } of ready) resolve();
  }
}

/**
 * Starts a simulated Twilio on a free loopback port; it listens when the promise resolves. The caller closes it.
 *
 * @example
 * const twilio = await startTwilioRestSimulator({ callee: { does: 'be_busy' } });
 * const { accountSid, authToken, baseUrl } = twilio;
 * // For a child process, pass `twilio.env` as its environment.
 */
export async function startTwilioRestSimulator(
  options: TwilioRestSimulatorOptions = {},
): Promise<TwilioRestSimulator> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  return new TwilioRestSimulator(server, options);
}

/** Reads a form's request, with Twilio's defaults. */
function callRequestOf(form: URLSearchParams): OutboundCallRequest {
  const events = form.getAll('StatusCallbackEvent');
  const timeLimit = form.get('TimeLimit');
  return {
    to: form.get('To') ?? '',
    from: form.get('From') ?? '',
    url: form.get('Url') ?? '',
    statusCallback: form.get('StatusCallback'),
    statusCallbackEvents: events.length > 0 ? events : ['completed'],
    ringTimeoutS: Number(form.get('Timeout') ?? 60),
    timeLimitS: timeLimit === null ? null : Number(timeLimit),
    record: form.get('Record') === 'true',
  };
}

function isWebUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

function sendError(response: ServerResponse, error: TwilioRestError, retryAfter?: string): void {
  const headers = retryAfter === undefined ? {} : { 'retry-after': retryAfter };
  sendJson(response, error.status, twilioErrorBody(error), headers);
}

function sendJson(response: ServerResponse, status: number, body: object, headers: object = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
