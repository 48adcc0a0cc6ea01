import { randomBytes } from 'node:crypto';
import { delay, type Clock } from '../../core/clock.js';
import { messageOf } from '../../core/errors.js';
import type { Caller, CallRecording } from '../../replay/caller.js';
import { AgentVoice, holdConversation } from '../../replay/conversation.js';
import { httpRequest } from '../../relay-client/http-request.js';
import { phoneRateHz } from '../phone/simulated-phone-stream.js';
import { twilioSignature } from '../phone/simulated-phone-webhook.js';
import { SimulatedPhone } from '../phone/simulated-phone.js';
import type { CalleeScript, CallProblem } from './callee-script.js';

/** The statuses of a call. Source: https://www.twilio.com/docs/voice/api/call-resource#call-status-values */
export type TwilioCallStatus =
  'queued' | 'ringing' | 'in-progress' | 'completed' | 'busy' | 'failed' | 'no-answer' | 'canceled';

/** Events of status callbacks; `completed` stands for every end. */
export type TwilioCallEvent = 'initiated' | 'ringing' | 'answered' | 'completed';

/** The client's request that created the call. */
export interface OutboundCallRequest {
  readonly to: string;
  readonly from: string;
  /** The webhook whose TwiML the answered call follows. */
  readonly url: string;
  readonly statusCallback: string | null;
  readonly statusCallbackEvents: readonly string[];
  /** Longest ringing time in seconds. */
  readonly ringTimeoutS: number;
  /** Longest duration after the answer, in seconds; null for no limit. */
  readonly timeLimitS: number | null;
  /** Whether both sides are recorded. */
  readonly record: boolean;
}

export interface OutboundCallParts {
  readonly request: OutboundCallRequest;
  readonly script: CalleeScript;
  readonly accountSid: string;
  readonly authToken: string;
  readonly clock: Clock;
  /** Called after each status callback, answered or not. */
  readonly onCallback: (callback: StatusCallback) => void;
}

/** A sent status callback. */
export interface StatusCallback {
  readonly callSid: string;
  /** `CallStatus`; `initiated` for the first event. */
  readonly status: TwilioCallStatus | 'initiated';
  /** HTTP status of the answer; 0 without one. */
  readonly answered: number;
}

const defaultRingMs = 1000;
/** Time from the request to the first event, and from there to the first ring. */
const [initiateMs, dialMs] = [50, 100];
const callbackLimits = { answerWithinMs: 15_000, tooLate: '', maxBytes: 65_536, tooLong: '' };

/**
 * A call that Twilio places: it rings, is answered or not, follows the webhook's TwiML with a simulated phone, and reports its
 * status. It begins when it is created; {@link hangUp} ends it.
 */
export class SimulatedOutboundCall {
  readonly sid = `CA${randomBytes(16).toString('hex')}`;
  readonly createdAt = new Date();
  /** Resolves when the call is over and its last callback was answered. */
  readonly ended: Promise<void>;
  readonly problems: CallProblem[] = [];
  readonly #parts: OutboundCallParts;
  readonly #phone: SimulatedPhone;
  readonly #voice: AgentVoice;
  readonly #hangUp = new AbortController();
  #status: TwilioCallStatus = 'queued';
  #answeredMs: number | null = null;
  #durationMs = 0;
  #callbacks = 0;
  #lastCallback: Promise<void> = Promise.resolve();

  constructor(parts: OutboundCallParts) {
    this.#parts = parts;
    const { clock, request, accountSid, authToken } = parts;
    this.#voice = new AgentVoice(clock);
    this.#phone = new SimulatedPhone({
      clock,
      callSid: this.sid,
      accountSid,
      authToken,
      voiceUrl: request.url,
      from: request.from,
      to: request.to,
      parameters: { Direction: 'outbound-api', CallStatus: 'in-progress' },
      listener: { onAudio: () => this.#voice.heard() },
    });
    this.ended = this.#run().then(() => this.#lastCallback);
  }

  get request(): OutboundCallRequest {
    return this.#parts.request;
  }

  get status(): TwilioCallStatus {
    return this.#status;
  }

  get isOver(): boolean {
    return !['queued', 'ringing', 'in-progress'].includes(this.#status);
  }

  /** How long the answered call lasted, in whole seconds, as it is billed. */
  get durationS(): number {
    return Math.ceil(this.#durationMs / 1000);
  }

  /** The phone at the other end. */
  get phone(): Caller {
    return this.#phone;
  }

  /** Both sides of a call that was recorded and is over; null for others. */
  get recording(): CallRecording | null {
    return this.request.record && this.isOver && this.#phone.answered ? this.#phone.recording() : null;
  }

  /** Ends the call from Twilio's side, at a client's request. Idempotent; resolves when it is over. */
  hangUp(): Promise<void> {
    this.#hangUp.abort(new Error('The call was ended by its owner.'));
    return this.ended;
  }

  /** Lets a running call follow this TwiML, at a client's request. Throws a TransportError for what is no TwiML. */
  redirect(twiml: string): void {
    this.#phone.redirect(twiml);
  }

  async #run(): Promise<void> {
    try {
      await this.#wait(initiateMs);
      this.#tell('initiated', 'initiated');
      await this.#wait(dialMs);
      this.#become('ringing', 'ringing');
      this.#end(await this.#dial());
    } catch (thrown) {
      if (!this.#hangUp.signal.aborted) throw thrown;
      this.#end(this.#answeredMs === null ? 'canceled' : 'completed');
    }
  }

  /** Rings the callee and runs the call. Resolves with its last status. */
  async #dial(): Promise<TwilioCallStatus> {
    const { script, request } = this.#parts;
    const ringsMs = (script.does === 'answer' ? script.ringsMs : script.afterMs) ?? defaultRingMs;
    const timeoutMs = request.ringTimeoutS * 1000;
    if (ringsMs > timeoutMs) {
      await this.#wait(timeoutMs);
      return 'no-answer';
    }
    await this.#wait(ringsMs);
    if (script.does === 'answer') {
      await this.#talk(script.says ?? []);
      return 'completed';
    }
    if (script.problem) this.problems.push(script.problem);
    return ({ be_busy: 'busy', not_answer: 'no-answer', fail: 'failed' } as const)[script.does];
  }

  async #talk(says: readonly Int16Array[]): Promise<void> {
    const { clock, request } = this.#parts;
    this.#answeredMs = clock.nowMs();
    this.#become('in-progress', 'answered');
    const hangUp = (): void => void this.#phone.hangUp();
    const limit = request.timeLimitS === null ? null : clock.setTimer(request.timeLimitS * 1000, hangUp);
    this.#hangUp.signal.addEventListener('abort', hangUp, { once: true });
    try {
      await this.#phone.dial();
      if (this.#phone.answered && says.length > 0) {
        const recordings = says.map((samples, index) => ({
          path: '',
          name: `sentence ${index + 1}`,
          samples,
          sampleRateHz: phoneRateHz,
        }));
        await holdConversation(this.#phone, this.#voice, recordings, clock);
        await this.#phone.hangUp();
      }
      const { how, error } = await this.#phone.ended;
      if (how === 'failed' && error) throw error;
    } catch (thrown) {
      // Twilio announces an application error, and logs the reason.
      if (!this.#hangUp.signal.aborted) this.problems.push(problemOf(thrown));
    } finally {
      limit?.cancel();
      this.#hangUp.signal.removeEventListener('abort', hangUp);
    }
  }

  #wait(ms: number): Promise<void> {
    return delay(this.#parts.clock, ms, this.#hangUp.signal);
  }

  #end(status: TwilioCallStatus): void {
    if (this.#answeredMs !== null) this.#durationMs = this.#parts.clock.nowMs() - this.#answeredMs;
    this.#become(status, 'completed');
  }

  #become(status: TwilioCallStatus, event: TwilioCallEvent): void {
    this.#status = status;
    this.#tell(status, event);
  }

  /** Sends a status callback, in order, if this event was requested. */
  #tell(status: StatusCallback['status'], event: TwilioCallEvent): void {
    const { request, accountSid, authToken, clock, onCallback } = this.#parts;
    const { statusCallback: url, statusCallbackEvents: events } = request;
    if (url === null || !events.includes(event)) return;
    const fields: Readonly<Record<string, string>> = {
      AccountSid: accountSid,
      ApiVersion: '2010-04-01',
      CallSid: this.sid,
      CallStatus: status,
      CallbackSource: 'call-progress-events',
      Direction: 'outbound-api',
      From: request.from,
      SequenceNumber: String(this.#callbacks++),
      Timestamp: new Date().toUTCString(),
      To: request.to,
      ...(event === 'completed' && { CallDuration: String(this.durationS) }),
    };
    const headers = {
      'Content-Type': 'application/x-www-form-urlencoded; charset=UTF-8',
      'X-Twilio-Signature': twilioSignature(authToken, url, fields),
    };
    const body = new URLSearchParams(fields).toString();
    const post = { clock, url, headers, body, limits: callbackLimits, signal: undefined, called: 'It' };
    this.#lastCallback = this.#lastCallback.then(() =>
      httpRequest(post)
        .then(({ status: answered }) => onCallback({ callSid: this.sid, status, answered }))
        .catch(() => onCallback({ callSid: this.sid, status, answered: 0 })),
    );
  }
}

/** The entry in Twilio's log: the stream did not open, or the webhook's answer was unusable. */
function problemOf(thrown: unknown): CallProblem {
  const message = messageOf(thrown);
  return message.startsWith('The media stream')
    ? { code: 31920, message: 'Stream - WebSocket - Handshake Error' }
    : { code: 11200, message: 'Got a non-success HTTP response to the webhook' };
}
