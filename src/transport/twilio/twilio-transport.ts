import { decodeMulaw, encodeMulaw } from '../../audio/g711.js';
import type { AudioFrame } from '../../audio/audio-frame.js';
import type { Clock, Timer } from '../../clock.js';
import { TransportError } from '../../errors.js';
import type {
  CallInfo,
  Heard,
  HeardMark,
  Transport,
  TransportEndReason,
  TransportListener,
} from '../transport.js';
import {
  defaultInboundLimits,
  InboundGuard,
  type CallMessage,
  type InboundFault,
  type InboundLimits,
} from './inbound-guard.js';
import type { TwilioStart } from './media-handshake.js';
import { PlayoutLedger, type PendingCut } from './playout-ledger.js';
import type { SocketInbox } from './socket-inbox.js';
import { clearMessage, markMessage, mediaMessage, twilioFormat } from './twilio-messages.js';

export interface TwilioTransportOptions {
  readonly clock: Clock;
  /** The caller's number, from the webhook; the stream itself does not tell. */
  readonly from?: string;
  /** The number that was called. */
  readonly to?: string;
  /** What the peer may do. @default {@link defaultInboundLimits} */
  readonly limits?: Partial<InboundLimits>;
  /** Bytes that may wait to be sent before the connection counts as stuck. @default 4 MiB */
  readonly maxBufferedBytes?: number;
}

/** The answer to a pause comes within this time, measured or estimated. */
const sentinelTimeoutMs = 250;

interface AwaitedCut {
  readonly resolve: (heard: Heard) => void;
  readonly timer: Timer;
}

/**
 * One phone call on Twilio Media Streams. Audio goes out as soon as it exists and waits at Twilio; marks tell what was
 * heard of it. A pause is a `clear` with a mark behind it, the sentinel, whose echo tells how far playout got; what
 * was not heard is sent again on resume. {@link PlayoutLedger} keeps the books, {@link InboundGuard} judges what comes in.
 */
export class TwilioTransport implements Transport {
  readonly type = 'twilio';
  readonly call: CallInfo;
  readonly inputFormat = twilioFormat;
  readonly outputFormat = twilioFormat;
  readonly #clock: Clock;
  readonly #inbox: SocketInbox;
  readonly #streamSid: string;
  readonly #maxBufferedBytes: number;
  readonly #ledger = new PlayoutLedger({ sampleRateHz: twilioFormat.sampleRateHz });
  readonly #guard: InboundGuard;
  #listener: TransportListener | null = null;
  #end: { readonly reason: TransportEndReason; readonly cause?: Error | undefined } | null = null;
  #pause: Promise<Heard> | null = null;
  readonly #awaitedCuts = new Map<PendingCut, AwaitedCut>();
  #timer: Timer | null = null;

  /** Takes over the socket of an accepted stream; what arrives is held until {@link start}. */
  constructor(start: TwilioStart, options: TwilioTransportOptions) {
    const { clock, from, to } = options;
    this.#clock = clock;
    this.#inbox = start.inbox;
    this.#streamSid = start.streamSid;
    this.#maxBufferedBytes = options.maxBufferedBytes ?? 4 * 1024 * 1024;
    this.call = {
      callId: start.callSid,
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
      parameters: start.parameters,
    };
    this.#guard = new InboundGuard({
      streamSid: start.streamSid,
      limits: { ...defaultInboundLimits, ...options.limits },
      nowMs: clock.nowMs(),
      isAwaitedMark: (name) => this.#ledger.isAwaited(name),
      onWarning: (warning) => this.#tell((listener) => listener.onWarning(warning)),
      onIntolerable: (code, message) =>
        this.#fail(new TransportError(`${message}; the call was ended.`), code),
    });
  }

  get queuedSamples(): number {
    return this.#ledger.queuedSamples;
  }

  /** How often each kind of bad input occurred. */
  get stats(): Readonly<Partial<Record<InboundFault, number>>> {
    return this.#guard.stats;
  }

  /** Messages sent and received on this socket, the two of the handshake included. */
  get wire(): { readonly sent: number; readonly received: number } {
    return this.#inbox.counts;
  }

  start(listener: TransportListener): void {
    this.#listener = listener;
    if (this.#end) {
      listener.onEnd(this.#end.reason, this.#end.cause);
      return;
    }
    this.#inbox.handOver({
      onMessage: (text, bytes) => this.#onMessage(text, bytes),
      onError: (error) => this.#onSocketError(error),
      onClose: () => this.#finish('hangup', 1000),
    });
  }

  /** Throws a TransportError if the frame is not at 8 kHz. */
  play(frame: AudioFrame): void {
    if (frame.sampleRateHz !== twilioFormat.sampleRateHz) {
      throw new TransportError(
        `A frame at ${frame.sampleRateHz} Hz cannot be played on a phone line; resample it to 8000 Hz first.`,
      );
    }
    if (this.#end) return;
    const { encoded, samples } = frame;
    const isPassedThrough = encoded?.bytes.length === samples.length;
    this.#ledger.queue(isPassedThrough ? encoded.bytes : encodeMulaw(samples));
    this.#pump();
  }

  /** Throws a TransportError if the position is not a number. */
  watch(positionSamples: number): void {
    requirePosition(positionSamples);
    if (this.#end) return;
    const { mark, heard } = this.#ledger.watch(positionSamples, this.#clock.nowMs());
    if (mark !== null) this.#send(markMessage(this.#streamSid, mark));
    // Reported later all the same, so that nobody is called back in the middle of their own call.
    if (heard) queueMicrotask(() => this.#tell((listener) => listener.onHeard(heard)));
    this.#setTimer();
  }

  pause(): Promise<Heard> {
    this.#pause ??= this.#cut();
    return this.#pause;
  }

  /** Throws a TransportError if the position is not a number. */
  resume(fromSamples: number): void {
    requirePosition(fromSamples);
    if (!this.#pause || this.#end) return;
    this.#pause = null;
    const mark = this.#ledger.resume(fromSamples, this.#clock.nowMs());
    if (mark !== null) this.#send(markMessage(this.#streamSid, mark));
    this.#pump();
  }

  clear(): Promise<Heard> {
    // While paused the far end is silent already, or about to be: there is nothing more to send.
    const heard = this.#pause ?? this.#cut();
    this.#pause = null;
    this.#ledger.drop();
    this.#setTimer();
    return heard;
  }

  close(): Promise<void> {
    this.#finish('closed', 1000);
    return this.#inbox.close(this.#clock, 1000);
  }

  #cut(): Promise<Heard> {
    const cut = this.#ledger.cut(this.#clock.nowMs());
    this.#setTimer();
    if ('origin' in cut) return Promise.resolve(cut);
    if (this.#end) return Promise.resolve(this.#ledger.estimate(cut).at);
    this.#send(clearMessage(this.#streamSid));
    this.#send(markMessage(this.#streamSid, cut.sentinel));
    return new Promise((resolve) => {
      const timer = this.#clock.setTimer(sentinelTimeoutMs, () =>
        this.#settle(cut, this.#ledger.estimate(cut)),
      );
      this.#awaitedCuts.set(cut, { resolve, timer });
    });
  }

  #settle(cut: PendingCut, outcome: { readonly at: Heard; readonly heard: readonly HeardMark[] }): void {
    const awaited = this.#awaitedCuts.get(cut);
    this.#awaitedCuts.delete(cut);
    awaited?.timer.cancel();
    this.#report(outcome.heard);
    awaited?.resolve(outcome.at);
  }

  /** Sends whatever may be sent now. */
  #pump(): void {
    const nowMs = this.#clock.nowMs();
    for (let piece = this.#ledger.take(nowMs); piece; piece = this.#ledger.take(nowMs)) {
      if (piece.markBefore !== null) this.#send(markMessage(this.#streamSid, piece.markBefore));
      this.#send(mediaMessage(this.#streamSid, piece.bytes));
      if (piece.markBehind !== null) this.#send(markMessage(this.#streamSid, piece.markBehind));
      if (this.#end) return;
    }
    this.#setTimer();
  }

  #send(message: string): void {
    this.#inbox.send(message);
    if (this.#inbox.bufferedBytes <= this.#maxBufferedBytes || this.#end) return;
    const problem = `Over ${this.#maxBufferedBytes} bytes wait to be sent: the connection to Twilio is stuck.`;
    this.#tell((listener) => listener.onWarning({ code: 'stuck_connection', message: problem }));
    this.#fail(new TransportError(problem), 1011);
  }

  /** One timer for both things that happen without a message: an echo that does not come, and room at the far end. */
  #setTimer(): void {
    this.#timer?.cancel();
    this.#timer = null;
    if (this.#end) return;
    const nowMs = this.#clock.nowMs();
    const deadlineMs = this.#ledger.deadlineMs() ?? Infinity;
    const nextTakeMs = this.#ledger.nextTakeMs(nowMs) ?? Infinity;
    const dueMs = Math.min(deadlineMs, nextTakeMs);
    if (dueMs === Infinity) return;
    this.#timer = this.#clock.setTimer(dueMs - nowMs, () => {
      // The due time, not the time it is: rounding must not make the timer come again and again without effect.
      this.#report(this.#ledger.takeOverdue(Math.max(dueMs, this.#clock.nowMs())));
      this.#pump();
    });
  }

  #onMessage(text: string | null, bytes: number): void {
    if (this.#end) return;
    const message = this.#guard.admit(text, bytes, this.#clock.nowMs());
    if (message) this.#onCallMessage(message);
  }

  #onCallMessage(message: CallMessage): void {
    switch (message.event) {
      case 'media': {
        const { payload } = message;
        const encoded = { encoding: 'mulaw', bytes: payload } as const;
        const frame = { samples: decodeMulaw(payload), sampleRateHz: twilioFormat.sampleRateHz, encoded };
        this.#tell((listener) => listener.onAudio(frame));
        return;
      }
      case 'mark':
        this.#onEcho(message.name);
        return;
      case 'dtmf':
        this.#tell((listener) => listener.onDtmf(message.digit));
        return;
      case 'stop':
        this.#finish('hangup', 1000);
    }
  }

  #onEcho(name: string): void {
    const report = this.#ledger.echo(name, this.#clock.nowMs());
    switch (report.kind) {
      case 'mark':
        this.#report(report.heard);
        this.#pump();
        return;
      case 'cut':
        this.#settle(report.cut, report);
        return;
      case 'unknown':
        this.#guard.note('unknown_mark');
        return;
      case 'stale':
    }
  }

  #onSocketError(error: Error): void {
    // `ws` reports broken framing as an error with such a code, then closes the socket by itself.
    const { code } = error as { code?: unknown };
    if (code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') this.#guard.note('oversize_message');
    else if (typeof code === 'string' && code.startsWith('WS_ERR_')) this.#guard.note('broken_frame', code);
    this.#fail(
      new TransportError(`The connection to Twilio failed: ${error.message}`, { cause: error }),
      1011,
    );
  }

  #report(heard: readonly HeardMark[]): void {
    for (const mark of heard) this.#tell((listener) => listener.onHeard(mark));
  }

  /** A listener that throws ends its own call and nothing else. */
  #tell(deliver: (listener: TransportListener) => void): void {
    if (this.#end || !this.#listener) return;
    try {
      deliver(this.#listener);
    } catch (cause) {
      this.#fail(new TransportError('The listener of a call failed; the call was ended.', { cause }), 1011);
    }
  }

  #fail(cause: Error, closeCode: number): void {
    this.#finish('transport_error', closeCode, cause);
  }

  #finish(reason: TransportEndReason, closeCode: number, cause?: Error): void {
    if (this.#end) return;
    this.#end = { reason, cause };
    this.#timer?.cancel();
    for (const [cut, { timer, resolve }] of this.#awaitedCuts) {
      timer.cancel();
      resolve(this.#ledger.estimate(cut).at);
    }
    this.#awaitedCuts.clear();
    void this.#inbox.close(this.#clock, closeCode, cause?.message.slice(0, 100));
    try {
      this.#listener?.onEnd(reason, cause);
    } catch {
      // The call is over and its listener gone: there is nobody left to tell, and no other call may be harmed.
    }
  }
}

function requirePosition(positionSamples: number): void {
  if (Number.isFinite(positionSamples)) return;
  throw new TransportError(`${positionSamples} is no playout position; give one in samples.`);
}
