import type { AudioFormat, AudioFrame } from '../../audio/audio-frame.js';
import { createOpusEncoder, type OpusEncoder, type OpusEncoderOptions } from '../../audio/opus-encoder.js';
import type { Clock } from '../../core/clock.js';
import { TransportError } from '../../core/errors.js';
import type { SessionEvent } from '../../events/session-event.js';
import { MediaWatch } from '../media-watch.js';
import { requirePosition } from '../playout-position.js';
import type {
  CallInfo,
  Heard,
  InboundQuality,
  Transport,
  TransportEndReason,
  TransportListener,
} from '../transport.js';
import { CallLeg, type CallLegListener } from './call-leg.js';
import { DueMarks } from './due-marks.js';
import { HeardMarks } from './heard-marks.js';
import { InboundQualities } from './inbound-qualities.js';
import type { MediaConnection } from './media-connection.js';
import { OutboundAudio, outboundRateHz } from './outbound-audio.js';
import { pageBudgets, type PageBudgets, type PageFault, type PageReport } from './page-channel.js';
import { noAudioMessage, PageLiveness } from './page-liveness.js';
import { ShownEvents } from './shown-events.js';
import { VisitorDelay } from './visitor-delay.js';
import { webRtcDefinition } from './webrtc-definition.js';

export interface WebRtcTransportOptions {
  readonly clock: Clock;
  readonly call: CallInfo;
  /** Encoding of the agent's voice. */
  readonly opus?: Partial<Pick<OpusEncoderOptions, 'complexity' | 'bitrateBps'>>;
  /** Whether the page can come back with {@link WebRtcTransport.reattach} after its connection was lost. @default no */
  readonly resumable?: () => boolean;
}

/**
 * One visitor's call over WebRTC: Opus in both directions, and the page's reports on a data channel. Audio is sent only
 * when it is due, so a pause or a clear takes effect with the next frame, and sent audio counts as heard, except on a
 * connection that was lost. The page reports when it was heard, see {@link HeardMarks}. The call may go on over another
 * connection: each is a {@link CallLeg}.
 */
export class WebRtcTransport implements Transport {
  readonly type = webRtcDefinition.type;
  readonly call: CallInfo;
  readonly inputFormat: AudioFormat = webRtcDefinition.hears;
  readonly outputFormat: AudioFormat = webRtcDefinition.plays;
  readonly #clock: Clock;
  readonly #isResumable: () => boolean;
  readonly #outbound: OutboundAudio;
  readonly #encoder: OpusEncoder;
  readonly #delay = new VisitorDelay();
  readonly #media: MediaWatch;
  readonly #marks: HeardMarks;
  readonly #due: DueMarks;
  readonly #qualities = new InboundQualities();
  readonly #shown = new ShownEvents();
  readonly #liveness: PageLiveness;
  readonly #budgets: PageBudgets;
  #leg!: CallLeg;
  #listener: TransportListener | null = null;
  #end: { readonly reason: TransportEndReason; readonly cause?: Error | undefined } | null = null;
  #isLost = false;
  /** Whether the page has given up the lost connection, so that it is not back when something arrives. */
  #isGivenUp = false;
  /** Called with the page's first message on a later connection: until then it may not know that it is up. */
  #onProven: (() => void) | null = null;
  #formerHeartbeatMs: number | null = null;
  #lostAtSamples = 0;
  #paused: Promise<Heard> | null = null;

  private constructor(options: WebRtcTransportOptions, encoder: OpusEncoder) {
    const { clock, call, resumable = () => false } = options;
    this.#clock = clock;
    this.call = call;
    this.#isResumable = resumable;
    this.#encoder = encoder;
    this.#budgets = pageBudgets(clock);
    this.#marks = new HeardMarks({
      speechDelayMs: () => this.#delay.delayMs((this.#leg.page.clocks.roundTripMs ?? 0) / 2),
    });
    this.#due = new DueMarks({
      clock,
      marks: this.#marks,
      isHeld: () => this.#liveness.isDoubted,
      onHeard: (mark) => this.#tell((listener) => listener.onHeard(mark)),
    });
    this.#outbound = new OutboundAudio({
      clock,
      encoder,
      onSent: (start, count, playMs, afterSilence) => {
        this.#marks.sent(start, count, playMs, outboundRateHz, afterSilence);
        this.#due.arm();
      },
      onFailure: (cause) =>
        this.#fail(new TransportError('The voice could not be encoded; the call was ended.', { cause })),
    });
    this.#liveness = new PageLiveness({
      clock,
      isResumable: resumable,
      heartbeatMs: () => this.#leg.page.heartbeatMs ?? this.#formerHeartbeatMs,
      sendsAudio: () => this.#leg.connection.audio.receives,
      onSilent: (why) => this.lose(new TransportError(why)),
    });
    this.#media = new MediaWatch({
      clock,
      onStopped: () =>
        this.#tell((listener) => listener.onWarning({ code: 'media_stopped', message: noAudioMessage })),
      onResumed: (gapMs) => this.#tell((listener) => listener.onMediaResumed?.(gapMs)),
    });
  }

  /**
   * Takes over a connection that is up, and closes it; messages are held until {@link start}. Rejects with a RangeError
   * for invalid encoder options; the caller then keeps the connection.
   */
  static async create(
    connection: MediaConnection,
    options: WebRtcTransportOptions,
  ): Promise<WebRtcTransport> {
    const encoder = await createOpusEncoder({ sampleRateHz: outboundRateHz, ...options.opus });
    const transport = new WebRtcTransport(options, encoder);
    await transport.#take(connection);
    return transport;
  }

  get mediaStopped(): boolean {
    return this.#media.isStopped;
  }

  get queuedSamples(): number {
    return this.#outbound.queuedSamples;
  }

  /** Quality of the visitor's audio. */
  get inboundQuality(): InboundQuality {
    return this.#qualities.with(this.#leg.inbound.stats);
  }

  /** Number of protocol faults of the page on the present connection, by kind. */
  get pageFaults(): Readonly<Partial<Record<PageFault, number>>> {
    return this.#leg.page.stats;
  }

  /** Frames that were sent later than the lead of one frame allows. */
  get lateFrames(): number {
    return this.#outbound.lateFrames;
  }

  /** RTP packets and data-channel messages in both directions on the present connection. */
  get wire(): { readonly sent: number; readonly received: number } {
    return this.#leg.connection.wire;
  }

  start(listener: TransportListener): void {
    this.#listener = listener;
    if (this.#end) {
      listener.onEnd(this.#end.reason, this.#end.cause);
      return;
    }
    this.#liveness.start();
    this.#begin();
  }

  /** Pauses playout until {@link reattach}, or ends the call if the page cannot come back. `byPage`: it has given up. Idempotent. */
  lose(cause: Error, byPage = false): void {
    if (this.#end) return;
    this.#isGivenUp ||= byPage;
    if (this.#isLost) return;
    if (!this.#isResumable() || !this.#listener?.onLost) return this.#fail(cause);
    this.#isLost = true;
    this.#media.stop();
    this.#outbound.detach();
    if (!this.#paused) {
      // Audio that was sent behind the page's last sign was heard only if the page is still there, which is not known.
      const heardMs = this.#liveness.lastSignMs - this.#marks.downlinkMs;
      const positionSamples = this.#outbound.positionAt(heardMs);
      this.#lostAtSamples = positionSamples;
      this.#outbound.pause();
      this.#marks.unsend(heardMs);
      this.#due.arm();
      this.#paused = Promise.resolve({ positionSamples, origin: 'estimated' });
    }
    this.#tell((listener) => listener.onLost?.(cause.message));
  }

  /**
   * The call goes on over this connection, which is up. `eventsSeen`: the number of the last event that the page has got. Resolves
   * with false, and leaves the connection to the caller, if the call has ended. `onProven`: the page knows that it is up.
   */
  async reattach(connection: MediaConnection, eventsSeen: number, onProven = () => {}): Promise<boolean> {
    if (this.#end || !this.#listener) return false;
    this.lose(new TransportError('The page has another connection.'), true);
    const former = this.#leg;
    await this.#take(connection);
    if (this.#hasEnded()) {
      this.#leg.close();
      former.connection.close();
      return false;
    }
    this.#onProven = onProven;
    this.#formerHeartbeatMs = former.page.heartbeatMs ?? this.#formerHeartbeatMs;
    former.close();
    former.connection.close();
    this.#qualities.add(former.inbound.stats);
    this.#delay.restart();
    this.#marks.forgetDelays();
    for (const event of this.#shown.after(eventsSeen)) this.#leg.page.show(event);
    this.#isLost = this.#isGivenUp = false;
    this.#tell((listener) => listener.onBack?.());
    this.#begin();
    return true;
  }

  /** Sends an event of the session to the page; if its connection is down, the next one gets it. */
  show(event: SessionEvent): void {
    if (!this.#leg.connection.hasChannel) return;
    this.#leg.page.show(this.#shown.add(event, this.#isResumable()));
  }

  /** Throws a TransportError if the frame is not at 24 kHz. */
  play({ samples, sampleRateHz }: AudioFrame): void {
    if (sampleRateHz !== outboundRateHz) {
      throw new TransportError(
        `A frame at ${sampleRateHz} Hz cannot be played to a browser; resample it to ${outboundRateHz} Hz first.`,
      );
    }
    if (!this.#end) this.#outbound.play(samples);
  }

  /** Throws a TransportError if the position is not a number. */
  watch(positionSamples: number): void {
    requirePosition(positionSamples);
    if (this.#end) return;
    const { sentSamples, queuedSamples } = this.#outbound;
    // What the lost connection carried is sent again.
    if (this.#isLost && positionSamples > this.#lostAtSamples) return this.#marks.watch(positionSamples);
    // The end of a fully sent queue counts as sent; the same position with unsent audio after it does not.
    if (positionSamples < sentSamples || sentSamples === queuedSamples)
      this.#marks.watchSent(positionSamples, this.#outbound.playMsOf(positionSamples));
    else this.#marks.watch(positionSamples);
    this.#due.arm();
  }

  pause(): Promise<Heard> {
    this.#paused ??= Promise.resolve({ positionSamples: this.#outbound.pause(), origin: 'estimated' });
    return this.#paused;
  }

  /** Throws a TransportError if the position is not a number. */
  resume(fromSamples: number): void {
    requirePosition(fromSamples);
    if (!this.#paused || this.#end || this.#isLost) return;
    this.#paused = null;
    this.#outbound.resume(fromSamples);
  }

  clear(): Promise<Heard> {
    const sent = this.#outbound.clear();
    const heard = this.#paused ?? Promise.resolve({ positionSamples: sent, origin: 'estimated' } as const);
    this.#paused = null;
    this.#marks.drop();
    this.#due.arm();
    return heard;
  }

  /** Ends the call as the caller does. */
  hangUp(): void {
    this.#finish('hangup');
  }

  async close(): Promise<void> {
    this.#finish('closed');
    await new Promise((resolve) => setImmediate(resolve));
  }

  async #take(connection: MediaConnection): Promise<void> {
    const options = { clock: this.#clock, budgets: this.#budgets, listener: this.#legListener() };
    this.#leg = await CallLeg.create(connection, options);
  }

  #legListener(): CallLegListener {
    return {
      onSign: (what) => {
        const { isDoubted } = this.#liveness;
        this.#liveness.sign(what);
        if (this.#isLost && !this.#isGivenUp) this.#back();
        if (isDoubted) this.#due.arm();
        if (what === 'message') {
          this.#onProven?.();
          this.#onProven = null;
        }
        if (what === 'audio') this.#media.heard();
      },
      onFrame: (frame) => this.#onFrame(frame),
      onReport: (report) => this.#onReport(report),
      onWarning: (warning) => this.#tell((listener) => listener.onWarning(warning)),
      onIntolerable: (message) => this.#fail(new TransportError(`${message} The call was ended.`)),
      onEnd: (reason, cause) => this.#onConnectionEnd(reason, cause),
    };
  }

  /** The present connection carries the call from now on. */
  #begin(): void {
    if (this.#end) return;
    const { connection } = this.#leg;
    this.#liveness.sign('message');
    if (connection.audio.receives) this.#media.start();
    this.#outbound.attach(connection);
    this.#leg.start();
  }

  /** The connection is back, the same or another. */
  #back(): void {
    const { connection } = this.#leg;
    this.#isLost = false;
    this.#outbound.attach(connection);
    if (connection.audio.receives) this.#media.start();
    this.#tell((listener) => listener.onBack?.());
  }

  #onFrame(frame: AudioFrame): void {
    this.#delay.heard(frame.samples, this.#clock.nowMs());
    this.#tell((listener) => listener.onAudio(frame));
  }

  #onReport(report: PageReport): void {
    switch (report.type) {
      case 'speech_start':
      case 'speech_end': {
        const atMs = this.#leg.page.clocks.toRelayMs(report.pageMs);
        return this.#delay.atPage(report.type === 'speech_start' ? 'begin' : 'end', atMs);
      }
      case 'audible': {
        const atMs = this.#leg.page.clocks.toRelayMs(report.pageMs);
        if (atMs !== null) this.#marks.audible(atMs);
        this.#due.arm();
        return;
      }
      case 'stats':
        this.#marks.stateDownlink(
          (report.roundTripMs ?? this.#leg.page.clocks.roundTripMs ?? 0) / 2 +
            report.jitterBufferMs +
            report.outputLatencyMs,
        );
        return;
      case 'text':
        this.#delay.typed();
        this.#tell((listener) => listener.onTypedText(report.text));
        return;
      case 'bye':
        this.#finish('hangup');
    }
  }

  #onConnectionEnd(reason: 'hangup' | 'failed' | 'closed', cause?: Error): void {
    // A page may close a connection that it has lost, or of which it does not know that it is up.
    const isGone = reason === 'failed' || (reason === 'hangup' && (this.#isLost || this.#onProven !== null));
    if (!isGone) return this.#finish('hangup');
    this.lose(cause ?? new TransportError('The connection to the browser was lost.'));
  }

  #hasEnded(): boolean {
    return this.#end !== null;
  }

  /** A listener that throws ends only its own call. */
  #tell(deliver: (listener: TransportListener) => void): void {
    if (this.#end || !this.#listener) return;
    try {
      deliver(this.#listener);
    } catch (cause) {
      this.#fail(new TransportError('The listener of a call failed; the call was ended.', { cause }));
    }
  }

  #fail(cause: Error): void {
    this.#finish('transport_error', cause);
  }

  #finish(reason: TransportEndReason, cause?: Error): void {
    if (this.#end) return;
    this.#end = { reason, cause };
    this.#due.close();
    this.#liveness.stop();
    this.#media.stop();
    this.#leg.close();
    this.#outbound.close();
    this.#encoder.close();
    // Close later, since the session sends its last event to the page now.
    const { connection } = this.#leg;
    setImmediate(() => connection.close());
    try {
      this.#listener?.onEnd(reason, cause);
    } catch {
      // The call is over, so the error has no listener; it must not reach other calls.
    }
  }
}
