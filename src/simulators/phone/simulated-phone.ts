import { randomBytes } from 'node:crypto';
import { delay, type Clock } from '../../core/clock.js';
import { messageOf, TransportError } from '../../core/errors.js';
import { AudioTrack } from '../../replay/audio-track.js';
import type { CallEnd, Caller, CallRecording, Playout, Uplink, WireCount } from '../../replay/caller.js';
import { openMediaSocket } from './media-socket.js';
import {
  phoneRateHz,
  SimulatedPhoneStream,
  type PhoneStreamListener,
  type WireFault,
} from './simulated-phone-stream.js';
import { postWebhook } from './simulated-phone-webhook.js';
import { absoluteUrl, readTwiml, type TwimlElement } from './twiml-reader.js';

/** How a phone call ended. */
export interface PhoneCallEnd extends CallEnd {
  /** Close code of the last media stream; 1000 is normal. */
  readonly closeCode?: number;
  /** The executed TwiML verbs, in order. */
  readonly verbs: readonly string[];
  readonly said: readonly string[];
}

/** Callbacks during a call; all are optional. */
export interface SimulatedPhoneListener extends PhoneStreamListener {
  /** The media stream is open and announced. */
  onAnswered?(): void;
  onEnded?(end: PhoneCallEnd): void;
}

export interface PlaceCallOptions {
  /** The webhook that answers calls: the relay's `/twilio/voice`. */
  readonly voiceUrl: string;
  readonly clock: Clock;
  /** Signs every request, as Twilio does with the account's token. */
  readonly authToken?: string;
  /** @default '+15550100001' */
  readonly from?: string;
  /** @default '+15550100002' */
  readonly to?: string;
  /** @default all zeros */
  readonly accountSid?: string;
  /** @default a new one */
  readonly callSid?: string;
  /** Further form fields of the webhook. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** Cancels the call, or hangs up. */
  readonly signal?: AbortSignal;
  readonly listener?: SimulatedPhoneListener;
}

/**
 * Places a call: requests TwiML from the webhook and executes it. Resolves when the media stream is open or, without a
 * stream, when the call is over (`answered` is then false). Rejects with a TransportError if something fails before that,
 * and with the signal's reason if it aborts.
 */
export async function placeCall(options: PlaceCallOptions): Promise<SimulatedPhone> {
  const phone = new SimulatedPhone(options);
  await phone.dial();
  return phone;
}

/**
 * A caller that speaks Twilio's wire exactly, for a relay without an account: webhook, TwiML, media stream, marks, `<Connect
 * action>`. It takes time only from the injected clock, so a call runs as fast as a test moves it; `wire` tells such a test
 * when nothing is pending.
 */
export class SimulatedPhone implements Caller {
  /** Resolves when the call is over; never rejects. */
  readonly ended: Promise<PhoneCallEnd>;
  readonly sampleRateHz = phoneRateHz;
  readonly callSid: string;
  readonly #options: PlaceCallOptions;
  readonly #accountSid: string;
  readonly #hangUp = new AbortController();
  /** Aborts what the phone does now, in favour of other instructions. */
  #redirect = new AbortController();
  #instructions: readonly TwimlElement[] | null = null;
  readonly #verbs: string[] = [];
  readonly #said: string[] = [];
  /** The streams so far; the last is the present one. */
  readonly #streams: SimulatedPhoneStream[] = [];
  #closeCode: number | undefined;
  /** How long after a lost connection the phone asks what to do. */
  #awayMs = 0;
  #requests = 0;
  #resolveEnded: (end: PhoneCallEnd) => void = () => undefined;
  #onAnswered: () => void = () => undefined;
  readonly #awaitNext: (() => void)[] = [];

  /** Does not dial yet; {@link placeCall} also dials. */
  constructor(options: PlaceCallOptions) {
    this.#options = options;
    this.callSid = options.callSid ?? `CA${randomHex()}`;
    this.#accountSid = options.accountSid ?? `AC${'0'.repeat(32)}`;
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
  }

  /** The call's id in the session's events. */
  get callId(): string {
    return this.callSid;
  }

  /** Whether a media stream was opened. */
  get answered(): boolean {
    return this.#streams.length > 0;
  }

  /** Messages over the media socket in each direction. */
  get wire(): WireCount {
    return this.#streams.at(-1)?.wire ?? { sent: 0, received: 0 };
  }

  /** Whether a webhook has yet to answer or a socket to open: pending work that the clock does not know. */
  get waitsForRelay(): boolean {
    return this.#requests > 0;
  }

  get playout(): Playout {
    const { playout } = this.#requireStream();
    const heardSamples = this.#streams.reduce((sum, stream) => sum + stream.playout.heardSamples, 0);
    return { ...playout, heardSamples };
  }

  /** The faults that Twilio would have reported. */
  get faults(): readonly WireFault[] {
    return this.#streams.flatMap(({ faults }) => faults);
  }

  /**
   * Sends samples at 8 kHz; resolves when the last frame was sent, or when the call ends before that. If the connection
   * breaks, the rest is said when it is back.
   */
  async say(samples: Int16Array): Promise<void> {
    for (let rest = samples; rest.length > 0;) {
      const stream = this.#requireStream();
      rest = rest.subarray(await stream.say(rest));
      if (rest.length > 0 && !(await this.#followed(stream))) return;
    }
  }

  /** Sets what happens to the media from now on. */
  setUplink(uplink: Uplink): void {
    this.#requireStream().setUplink(uplink);
  }

  /** Presses a key: 0-9, A-D, * or #. */
  digit(digit: string): void {
    this.#requireStream().digit(digit);
  }

  get isAway(): boolean {
    return this.#awayMs > 0;
  }

  /**
   * Breaks the media stream's connection. As Twilio does, the phone then asks the `<Connect>`'s action what to do, and
   * opens another stream if the answer says so: `afterMs` later, as after an outage.
   */
  dropConnection({ afterMs = 0 }: { readonly afterMs?: number } = {}): void {
    this.#awayMs = afterMs;
    this.#requireStream().drop();
  }

  /**
   * Does what this TwiML says from now on, as a call does that a client updates over Twilio's REST API. A stream ends with
   * `stop`, and a pending request is given up. Throws a TransportError for what is no TwiML.
   *
   * Source: https://www.twilio.com/docs/voice/tutorials/how-to-modify-calls-in-progress
   */
  redirect(twiml: string): void {
    this.#instructions = readTwiml(twiml);
    this.#redirect.abort(new TransportError('The call was redirected.'));
  }

  /** Hangs up. Idempotent; resolves when the call is over. */
  hangUp(): Promise<PhoneCallEnd> {
    this.#hangUp.abort(new TransportError('The caller hung up.'));
    return this.ended;
  }

  /** Both sides of the call so far, or of the whole call once it has ended. */
  recording(): CallRecording {
    const first = this.#streams[0] ?? this.#requireStream();
    const [caller, agent] = [new AudioTrack(), new AudioTrack()];
    let length = 0;
    for (const stream of this.#streams) {
      const at = Math.round((stream.startMs - first.startMs) * (phoneRateHz / 1000));
      const part = stream.recording();
      caller.write(at, part.caller);
      agent.write(at, part.agent);
      length = at + part.caller.length;
    }
    return { sampleRateHz: phoneRateHz, caller: caller.samples(length), agent: agent.samples(length) };
  }

  /** Starts the call; see {@link placeCall}. */
  async dial(): Promise<void> {
    const { signal, listener } = this.#options;
    const onAbort = (): void => this.#hangUp.abort(signal?.reason);
    if (signal?.aborted) onAbort();
    signal?.addEventListener('abort', onAbort, { once: true });
    const answered = new Promise<void>((resolve) => {
      this.#onAnswered = resolve;
    });
    const over = this.#run().then((end) => {
      signal?.removeEventListener('abort', onAbort);
      this.#resolveEnded(end);
      listener?.onEnded?.(end);
      return end;
    });
    await Promise.race([answered, over]);
    if (this.answered) return;
    const { how, error } = await over;
    if (error) throw error;
    if (how === 'caller_hung_up') throw this.#hangUp.signal.reason;
  }

  async #run(): Promise<PhoneCallEnd> {
    const ending = (how: CallEnd['how'], more: { reason?: string; error?: Error } = {}): PhoneCallEnd => ({
      how,
      verbs: this.#verbs,
      said: this.#said,
      ...(this.#closeCode === undefined ? {} : { closeCode: this.#closeCode }),
      ...more,
    });
    try {
      const { voiceUrl } = this.#options;
      const rejectedBecause = await this.#redirectable(async () =>
        this.#follow(await this.#ask(voiceUrl, 'ringing'), voiceUrl),
      );
      return rejectedBecause === null
        ? ending('relay_hung_up')
        : ending('rejected', { reason: rejectedBecause });
    } catch (thrown) {
      if (this.#hangUp.signal.aborted) return ending('caller_hung_up');
      return ending('failed', {
        error: thrown instanceof Error ? thrown : new TransportError(messageOf(thrown)),
      });
    }
  }

  /** Follows the instructions of `first`, and those of a redirect in their place. */
  async #redirectable(first: () => Promise<string | null>): Promise<string | null> {
    for (let follow = first; ;) {
      try {
        return await follow();
      } catch (thrown) {
        const instructions = this.#instructions;
        if (!instructions || this.#hangUp.signal.aborted) throw thrown;
        this.#instructions = null;
        this.#redirect = new AbortController();
        follow = () => this.#follow(instructions, null);
      }
    }
  }

  /** Aborts when the caller hangs up, and when the call is redirected. */
  get #interrupted(): AbortSignal {
    return AbortSignal.any([this.#hangUp.signal, this.#redirect.signal]);
  }

  /** Requests TwiML from a webhook. */
  async #ask(url: string, callStatus: string): Promise<readonly TwimlElement[]> {
    if (!/^https?:/.test(url) || !URL.canParse(url)) {
      throw new TransportError(
        `${JSON.stringify(url)} is not a webhook: give a URL that begins with http:// or https://.`,
      );
    }
    const { clock, authToken, from = '+15550100001', to = '+15550100002', parameters } = this.#options;
    const fields = {
      AccountSid: this.#accountSid,
      ApiVersion: '2010-04-01',
      CallSid: this.callSid,
      CallStatus: callStatus,
      Called: to,
      Caller: from,
      Direction: 'inbound',
      From: from,
      To: to,
      ...parameters,
    };
    const signal = this.#interrupted;
    return readTwiml(await this.#counted(postWebhook({ clock, url, fields, authToken, signal })));
  }

  async #counted<T>(request: Promise<T>): Promise<T> {
    this.#requests++;
    try {
      return await request;
    } finally {
      this.#requests--;
    }
  }

  /**
   * Executes verbs, and those of documents that they lead to. A redirect's document has no URL. Returns the reason if the
   * call was rejected.
   */
  async #follow(verbs: readonly TwimlElement[], documentUrl: string | null): Promise<string | null> {
    for (const verb of verbs) {
      this.#verbs.push(verb.name);
      switch (verb.name) {
        case 'Say':
          this.#said.push(verb.text);
          break;
        case 'Pause':
          await delay(this.#options.clock, Number(verb.attributes.length ?? 1) * 1000, this.#interrupted);
          break;
        case 'Hangup':
          return null;
        case 'Reject':
          return verb.attributes.reason ?? 'rejected';
        case 'Connect': {
          await this.#connect(verb);
          const { action } = verb.attributes;
          if (action === undefined) break;
          const actionUrl = absoluteUrl(action, documentUrl);
          return this.#follow(await this.#ask(actionUrl, 'in-progress'), actionUrl);
        }
        case 'Redirect': {
          const url = absoluteUrl(verb.text, documentUrl);
          return this.#follow(await this.#ask(url, 'in-progress'), url);
        }
        default:
          throw new TransportError(
            `The simulated phone does not support the TwiML verb <${verb.name}>. It supports Connect with Stream, Say, Pause, Redirect, Reject and Hangup.`,
          );
      }
    }
    return null;
  }

  /** Runs a media stream from its start to its end; throws if the caller ended it. */
  async #connect(verb: TwimlElement): Promise<void> {
    const noun = verb.children[0];
    const url = noun?.attributes.url;
    if (noun?.name !== 'Stream' || url === undefined) {
      throw new TransportError('The <Connect> has no <Stream url="wss://…">.');
    }
    const parameters = Object.fromEntries(
      noun.children
        .filter(({ name }) => name === 'Parameter')
        .map(({ attributes }) => [attributes.name ?? '', attributes.value ?? '']),
    );
    const { clock, authToken, listener = {} } = this.#options;
    const signal = this.#interrupted;
    const socket = await this.#counted(openMediaSocket(url, { clock, authToken, signal }));
    const identity = {
      accountSid: this.#accountSid,
      callSid: this.callSid,
      streamSid: `MZ${randomHex()}`,
      parameters,
    };
    const stream = new SimulatedPhoneStream(socket, clock, identity, listener);
    this.#streams.push(stream);
    for (const tell of this.#awaitNext.splice(0)) tell();
    const onHangUp = (): void => stream.hangUp();
    signal.addEventListener('abort', onHangUp, { once: true });
    this.#onAnswered();
    listener.onAnswered?.();
    const { by, closeCode } = await stream.ended;
    signal.removeEventListener('abort', onHangUp);
    this.#closeCode = closeCode;
    if (by === 'caller') signal.throwIfAborted();
    try {
      if (this.#awayMs > 0) await delay(clock, this.#awayMs, signal);
    } finally {
      this.#awayMs = 0;
    }
  }

  /** Whether another stream has followed this one; waits for it, or for the end of the call. */
  async #followed(stream: SimulatedPhoneStream): Promise<boolean> {
    const isPresent = (): boolean => this.#streams.at(-1) === stream;
    if (isPresent())
      await Promise.race([new Promise<void>((next) => this.#awaitNext.push(next)), this.ended]);
    return !isPresent();
  }

  #requireStream(): SimulatedPhoneStream {
    const stream = this.#streams.at(-1);
    if (!stream) throw new TransportError('The call was not answered: there is no media stream.');
    return stream;
  }
}

function randomHex(): string {
  return randomBytes(16).toString('hex');
}
