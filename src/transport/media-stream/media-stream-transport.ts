import { SampleSlab } from '../../audio/sample-slab.js';
import { decodeMulaw, encodeMulaw } from '../../audio/g711.js';
import type { AudioFormat, AudioFrame } from '../../audio/audio-frame.js';
import type { Clock } from '../../core/clock.js';
import { TransportError } from '../../core/errors.js';
import { mediaStoppedAfterMs, MediaWatch } from '../media-watch.js';
import { requirePosition } from '../playout-position.js';
import type {
  CallInfo,
  Heard,
  HeardMark,
  Transport,
  TransportEndReason,
  TransportListener,
  TransportType,
} from '../transport.js';
import { AwaitedCuts } from './awaited-cuts.js';
import {
  defaultInboundLimits,
  InboundGuard,
  type InboundFault,
  type InboundLimits,
} from './inbound-guard.js';
import { DueTimer } from './due-timer.js';
import type { MediaStart } from './media-handshake.js';
import type { CallMessage, MediaStreamWire } from './media-stream-wire.js';
import { PlayoutLedger } from './playout-ledger.js';
import type { SocketInbox } from './socket-inbox.js';

export interface MediaStreamOptions {
  readonly clock: Clock;
  /** The caller's number, from the webhook; the stream does not carry it. */
  readonly from?: string;
  /** The number that was called. */
  readonly to?: string;
  /** Limits on the peer's messages. @default {@link defaultInboundLimits} */
  readonly limits?: Partial<InboundLimits>;
  /** Unsent bytes beyond which the connection counts as stuck. @default 4 MiB */
  readonly maxBufferedBytes?: number;
}

/** Length of the audio in one message. */
const frameMs = 20;

/**
 * One phone call over a carrier's media stream. Audio is sent at once and buffered at the carrier; echoed marks tell
 * what was heard. A pause sends a `clear` and a mark, the sentinel; its echo tells how far playout got. Audio that was
 * not heard is sent again on resume. {@link PlayoutLedger} tracks playout, {@link InboundGuard} checks messages.
 */
export class MediaStreamTransport implements Transport {
  readonly type: TransportType;
  readonly call: CallInfo;
  readonly inputFormat: AudioFormat;
  readonly outputFormat: AudioFormat;
  readonly #wire: MediaStreamWire;
  readonly #clock: Clock;
  #inbox: SocketInbox;
  #streamId: string;
  readonly #maxBufferedBytes: number;
  readonly #ledger: PlayoutLedger;
  readonly #guard: InboundGuard;
  readonly #media: MediaWatch;
  #listener: TransportListener | null = null;
  #end: { readonly reason: TransportEndReason; readonly cause?: Error | undefined } | null = null;
  /** Whether the socket is gone and the call may come back on another. */
  #isLost = false;
  #lastMessageMs: number;
  #pause: Promise<Heard> | null = null;
  readonly #cuts: AwaitedCuts;
  readonly #timer: DueTimer;
  readonly #slab = new SampleSlab();

  /** Takes over the socket of an accepted stream; messages are held until {@link start}. */
  constructor(wire: MediaStreamWire, start: MediaStart, options: MediaStreamOptions) {
    const { clock, from, to } = options;
    this.type = wire.type;
    this.inputFormat = wire.format;
    this.outputFormat = wire.format;
    this.#wire = wire;
    this.#ledger = new PlayoutLedger({ sampleRateHz: wire.format.sampleRateHz });
    this.#cuts = new AwaitedCuts(clock, this.#ledger, (heard) => this.#report(heard));
    this.#clock = clock;
    this.#timer = new DueTimer(clock, (dueMs) => {
      // Use at least the due time: rounding must not make the timer fire again and again without effect.
      this.#report(this.#ledger.takeOverdue(Math.max(dueMs, clock.nowMs())));
      this.#pump();
    });
    this.#lastMessageMs = clock.nowMs();
    this.#inbox = start.inbox;
    this.#streamId = start.streamId;
    this.#maxBufferedBytes = options.maxBufferedBytes ?? 4 * 1024 * 1024;
    this.call = {
      callId: start.callId,
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
      parameters: start.parameters,
    };
    this.#guard = new InboundGuard({
      wire,
      streamId: start.streamId,
      limits: { ...defaultInboundLimits, ...options.limits },
      nowMs: clock.nowMs(),
      isAwaitedMark: (name) => this.#ledger.isAwaited(name),
      onWarning: (warning) => this.#tell((listener) => listener.onWarning(warning)),
      onIntolerable: (code, message) =>
        this.#fail(new TransportError(`${message}; the call was ended.`), code),
    });
    this.#media = new MediaWatch({
      clock,
      onStopped: () => this.#onMediaStopped(),
      onResumed: (gapMs) => this.#tell((listener) => listener.onMediaResumed?.(gapMs)),
    });
  }

  get mediaStopped(): boolean {
    return this.#media.isStopped;
  }

  get queuedSamples(): number {
    return this.#ledger.queuedSamples;
  }

  /** Count of each fault in inbound messages. */
  get stats(): Readonly<Partial<Record<InboundFault, number>>> {
    return this.#guard.stats;
  }

  /** Messages sent and received on the present socket, including the two of the handshake. */
  get wire(): { readonly sent: number; readonly received: number } {
    return this.#isLost ? { sent: 0, received: 0 } : this.#inbox.counts;
  }

  start(listener: TransportListener): void {
    this.#listener = listener;
    if (this.#end) {
      listener.onEnd(this.#end.reason, this.#end.cause);
      return;
    }
    this.#listen(this.#inbox);
  }

  /**
   * The carrier has given up the stream, and the call may come back with {@link reattach}: pauses playout and closes the
   * socket. Without a listener for lost connections the call ends. Idempotent.
   */
  lose(cause: string): void {
    if (this.#end || this.#isLost) return;
    if (!this.#listener?.onLost) return this.#finish('hangup', 1000);
    this.#isLost = true;
    this.#timer.cancel();
    this.#media.stop();
    void this.#inbox.close(this.#clock, 1000);
    this.#cuts.settleAll();
    if (!this.#pause) {
      // What the far end sent last tells until when it played.
      const { at, heard } = this.#ledger.lost(Math.min(this.#clock.nowMs(), this.#lastMessageMs + frameMs));
      this.#pause = Promise.resolve(at);
      this.#report(heard);
    }
    this.#tell((listener) => listener.onLost?.(cause));
  }

  /** The call goes on in another stream. Returns false if it has ended. */
  reattach(start: MediaStart): boolean {
    if (this.#end || !this.#listener) return false;
    this.lose('The call has a new media stream.');
    if (!this.#isLost || this.#hasEnded()) return false;
    this.#isLost = false;
    this.#inbox = start.inbox;
    this.#streamId = start.streamId;
    this.#guard.follow(start.streamId);
    this.#lastMessageMs = this.#clock.nowMs();
    this.#tell((listener) => listener.onBack?.());
    this.#listen(start.inbox);
    this.#pump();
    return true;
  }

  /** Throws a TransportError if the frame is not at the stream's rate. */
  play(frame: AudioFrame): void {
    const { sampleRateHz } = this.outputFormat;
    if (frame.sampleRateHz !== sampleRateHz) {
      throw new TransportError(
        `A frame at ${frame.sampleRateHz} Hz cannot be played on a phone line; resample it to ${sampleRateHz} Hz first.`,
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
    if (mark !== null) this.#send(this.#wire.mark(this.#streamId, mark));
    // Report it in a microtask, so that the listener is not called within `watch()`.
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
    if (!this.#pause || this.#end || this.#isLost) return;
    this.#pause = null;
    const mark = this.#ledger.resume(fromSamples, this.#clock.nowMs());
    if (mark !== null) this.#send(this.#wire.mark(this.#streamId, mark));
    this.#pump();
  }

  clear(): Promise<Heard> {
    // While paused, the far end is silent or about to be: send no second `clear`.
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
    this.#send(this.#wire.clear(this.#streamId));
    this.#send(this.#wire.mark(this.#streamId, cut.sentinel));
    return this.#cuts.wait(cut);
  }

  /** Sends all audio that may be sent now. */
  #pump(): void {
    if (this.#isLost) return;
    const nowMs = this.#clock.nowMs();
    for (let piece = this.#ledger.take(nowMs); piece; piece = this.#ledger.take(nowMs)) {
      if (piece.markBefore !== null) this.#send(this.#wire.mark(this.#streamId, piece.markBefore));
      this.#send(this.#wire.media(this.#streamId, piece.bytes));
      if (piece.markBehind !== null) this.#send(this.#wire.mark(this.#streamId, piece.markBehind));
      if (this.#end) return;
    }
    this.#setTimer();
  }

  #send(message: string): void {
    if (this.#isLost) return;
    this.#inbox.send(message);
    if (this.#inbox.bufferedBytes <= this.#maxBufferedBytes || this.#end) return;
    const problem = `More than ${this.#maxBufferedBytes} bytes are unsent: the connection to ${this.#wire.title} is stuck.`;
    this.#tell((listener) => listener.onWarning({ code: 'stuck_connection', message: problem }));
    this.#break(new TransportError(problem));
  }

  /** Sets one timer for both events without a message: an overdue echo, and free room at the far end. */
  #setTimer(): void {
    if (this.#end || this.#isLost) return this.#timer.cancel();
    const deadlineMs = this.#ledger.deadlineMs() ?? Infinity;
    const nextTakeMs = this.#ledger.nextTakeMs(this.#clock.nowMs()) ?? Infinity;
    this.#timer.set(Math.min(deadlineMs, nextTakeMs));
  }

  #onMessage(text: string | null, bytes: number): void {
    if (this.#end) return;
    this.#lastMessageMs = this.#clock.nowMs();
    const message = this.#guard.admit(text, bytes, this.#clock.nowMs());
    if (message) this.#onCallMessage(message);
  }

  #onCallMessage(message: CallMessage): void {
    switch (message.event) {
      case 'media': {
        this.#media.heard();
        const { payload } = message;
        const encoded = { encoding: 'mulaw', bytes: payload } as const;
        const samples = decodeMulaw(payload, this.#slab.take(payload.length));
        const frame = { samples, sampleRateHz: this.inputFormat.sampleRateHz, encoded };
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

  #onMediaStopped(): void {
    const { title } = this.#wire;
    const seconds = mediaStoppedAfterMs / 1000;
    const message = `No audio has arrived from ${title} for ${seconds} s although the call's media stream is open. ${title} sends audio all the time, also during silence, so it is lost on the way: check the tunnel or proxy in front of the relay, and the call in ${title}’s console.`;
    this.#tell((listener) => listener.onWarning({ code: 'media_stopped', message }));
  }

  #onEcho(name: string): void {
    const report = this.#ledger.echo(name, this.#clock.nowMs());
    switch (report.kind) {
      case 'mark':
        this.#report(report.heard);
        this.#pump();
        return;
      case 'cut':
        this.#cuts.settle(report.cut, report);
        return;
      case 'unknown':
        this.#guard.note('unknown_mark');
        return;
      case 'stale':
    }
  }

  #onSocketError(error: Error): void {
    // `ws` reports broken framing as an error with a WS_ERR_ code and closes the socket itself.
    const { code } = error as { code?: unknown };
    if (code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') this.#guard.note('oversize_message');
    else if (typeof code === 'string' && code.startsWith('WS_ERR_')) this.#guard.note('broken_frame', code);
    const cause = new TransportError(`The connection to ${this.#wire.title} failed: ${error.message}`, {
      cause: error,
    });
    // A peer that breaks the protocol would do so again.
    if (typeof code === 'string' && code.startsWith('WS_ERR_')) this.#fail(cause, 1011);
    else this.#break(cause);
  }

  #report(heard: readonly HeardMark[]): void {
    for (const mark of heard) this.#tell((listener) => listener.onHeard(mark));
  }

  /** A listener that throws ends only its own call. */
  #tell(deliver: (listener: TransportListener) => void): void {
    if (this.#end || !this.#listener) return;
    try {
      deliver(this.#listener);
    } catch (cause) {
      this.#fail(new TransportError('The listener of a call failed; the call was ended.', { cause }), 1011);
    }
  }

  #listen(inbox: SocketInbox): void {
    // The listener may have ended the call.
    if (this.#end) return;
    this.#media.start();
    // An earlier socket may still say something when the call has another.
    const isCurrent = (): boolean => this.#inbox === inbox && !this.#isLost;
    inbox.handOver({
      onMessage: (text, bytes) => {
        if (isCurrent()) this.#onMessage(text, bytes);
      },
      onError: (error) => {
        if (isCurrent()) this.#onSocketError(error);
      },
      onClose: () => {
        if (isCurrent()) this.lose(`${this.#wire.title} closed the media stream without ending it.`);
      },
    });
  }

  /** The connection is useless: loses it, or ends the call if it cannot come back. */
  #break(cause: TransportError): void {
    if (this.#listener?.onLost) this.lose(cause.message);
    else this.#fail(cause, 1011);
  }

  #hasEnded(): boolean {
    return this.#end !== null;
  }

  #fail(cause: Error, closeCode: number): void {
    this.#finish('transport_error', closeCode, cause);
  }

  #finish(reason: TransportEndReason, closeCode: number, cause?: Error): void {
    if (this.#end) return;
    this.#end = { reason, cause };
    this.#timer.cancel();
    this.#media.stop();
    this.#cuts.settleAll();
    void this.#inbox.close(this.#clock, closeCode, cause?.message.slice(0, 100));
    try {
      this.#listener?.onEnd(reason, cause);
    } catch {
      // The call is over, so the error has no listener; it must not reach other calls.
    }
  }
}
