import type { AudioFormat, AudioFrame } from '../../audio/audio-frame.js';
import { createOpusDecoder, type OpusDecoder } from '../../audio/opus-decoder.js';
import { createOpusEncoder, type OpusEncoder, type OpusEncoderOptions } from '../../audio/opus-encoder.js';
import { SoundEdges } from '../../audio/sound-edges.js';
import type { Clock, Timer } from '../../core/clock.js';
import { TransportError } from '../../core/errors.js';
import type { SessionEvent } from '../../events/session-event.js';
import { mediaStoppedAfterMs, MediaWatch } from '../media-watch.js';
import type {
  CallInfo,
  Heard,
  InboundQuality,
  Transport,
  TransportEndReason,
  TransportListener,
} from '../transport.js';
import { HeardMarks } from './heard-marks.js';
import { InboundAudio } from './inbound-audio.js';
import type { MediaConnection } from './media-connection.js';
import { OutboundAudio, outboundRateHz } from './outbound-audio.js';
import { PageChannel, type PageFault, type PageReport } from './page-channel.js';
import { soundEndsAfterMs } from './page-protocol.js';
import { SpeechDelay } from './speech-delay.js';
import { webRtcDefinition } from './webrtc-definition.js';

export interface WebRtcTransportOptions {
  readonly clock: Clock;
  readonly call: CallInfo;
  /** Encoding of the agent's voice. */
  readonly opus?: Partial<Pick<OpusEncoderOptions, 'complexity' | 'bitrateBps'>>;
}

interface Codecs {
  readonly encoder: OpusEncoder;
  readonly decoder: OpusDecoder;
}

const inboundRateHz = webRtcDefinition.hears.sampleRateHz;
/** How often the transport checks that the page is alive. */
const checkAliveEveryMs = 1000;
/** A page counts as gone after this long without heartbeat and audio. */
const goneAfterMs = 8000;

/**
 * One visitor's call over WebRTC: Opus in both directions, and the page's reports on a data channel. Audio is sent only
 * when it is due, so a pause or a clear takes effect with the next frame, and sent audio counts as heard. The page
 * reports when it was heard, see {@link HeardMarks}; {@link InboundAudio} puts inbound packets in order.
 */
export class WebRtcTransport implements Transport {
  readonly type = webRtcDefinition.type;
  readonly call: CallInfo;
  readonly inputFormat: AudioFormat = webRtcDefinition.hears;
  readonly outputFormat: AudioFormat = webRtcDefinition.plays;
  readonly #connection: MediaConnection;
  readonly #clock: Clock;
  readonly #inbound: InboundAudio;
  readonly #outbound: OutboundAudio;
  readonly #encoder: OpusEncoder;
  readonly #page: PageChannel;
  readonly #edges = new SoundEdges({ sampleRateHz: inboundRateHz, endsAfterMs: soundEndsAfterMs });
  readonly #speechDelay = new SpeechDelay();
  readonly #media: MediaWatch;
  readonly #marks: HeardMarks;
  #listener: TransportListener | null = null;
  #end: { readonly reason: TransportEndReason; readonly cause?: Error | undefined } | null = null;
  #paused: Promise<Heard> | null = null;
  #typed = false;
  #markTimer: Timer | null = null;
  #aliveTimer: Timer | null = null;
  #lastAudioMs = 0;
  readonly #malformed = new Set<'rtp' | 'opus'>();

  private constructor(connection: MediaConnection, options: WebRtcTransportOptions, codecs: Codecs) {
    const { clock, call } = options;
    this.#connection = connection;
    this.#clock = clock;
    this.call = call;
    this.#encoder = codecs.encoder;
    this.#marks = new HeardMarks({ speechDelayMs: () => this.#inputDelayMs() });
    this.#inbound = new InboundAudio({
      clock,
      decoder: codecs.decoder,
      payloadType: connection.audio.payloadType,
      onFrame: (frame) => this.#onFrame(frame),
      onMalformed: (what) => this.#onMalformed(what),
    });
    this.#outbound = new OutboundAudio({
      connection,
      clock,
      encoder: this.#encoder,
      onSent: (start, count, playMs, afterSilence) => {
        this.#marks.sent(start, count, playMs, outboundRateHz, afterSilence);
        this.#setMarkTimer();
      },
      onFailure: (cause) =>
        this.#fail(new TransportError('The voice could not be encoded; the call was ended.', { cause })),
    });
    this.#media = new MediaWatch({
      clock,
      onStopped: () => this.#onMediaStopped(),
      onResumed: (gapMs) => this.#tell((listener) => listener.onMediaResumed?.(gapMs)),
    });
    this.#page = new PageChannel({
      connection,
      clock,
      listener: {
        onReport: (report) => this.#onReport(report),
        onWarning: (warning) => this.#tell((listener) => listener.onWarning(warning)),
        onIntolerable: (message) => this.#fail(new TransportError(`${message} The call was ended.`)),
      },
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
    const decoder = await createOpusDecoder({ sampleRateHz: inboundRateHz });
    return new WebRtcTransport(connection, options, { encoder, decoder });
  }

  get mediaStopped(): boolean {
    return this.#media.isStopped;
  }

  get queuedSamples(): number {
    return this.#outbound.queuedSamples;
  }

  /** Quality of the visitor's audio. */
  get inboundQuality(): InboundQuality {
    const { received, lost, concealedSamples, recoveredSamples, totalSamples, jitterMs } =
      this.#inbound.stats;
    const share = (samples: number): number => (totalSamples === 0 ? 0 : samples / totalSamples);
    return {
      packetsReceived: received,
      packetsLost: lost,
      concealedShare: share(concealedSamples),
      recoveredShare: share(recoveredSamples),
      jitterMs,
    };
  }

  /** Number of protocol faults of the page, by kind. */
  get pageFaults(): Readonly<Partial<Record<PageFault, number>>> {
    return this.#page.stats;
  }

  /** Frames of the agent's voice that were sent later than the lead of one frame allows. */
  get lateFrames(): number {
    return this.#outbound.lateFrames;
  }

  /** RTP packets and data-channel messages in both directions. */
  get wire(): { readonly sent: number; readonly received: number } {
    return this.#connection.wire;
  }

  start(listener: TransportListener): void {
    this.#listener = listener;
    if (this.#end) {
      listener.onEnd(this.#end.reason, this.#end.cause);
      return;
    }
    this.#lastAudioMs = this.#clock.nowMs();
    this.#checkAlive();
    if (this.#connection.audio.receives) this.#media.start();
    this.#connection.start({
      onRtp: (packet) => this.#onRtp(packet),
      onChannelOpen: () => this.#page.opened(),
      onText: (text) => this.#onText(text),
      onDropped: () => this.#page.dropped(),
      onWarning: (warning) => this.#tell((listener) => listener.onWarning(warning)),
      onEnd: (reason, cause) => this.#onConnectionEnd(reason, cause),
    });
  }

  /** Sends an event of the session to the page, unless the connection is down. */
  show(event: SessionEvent): void {
    if (this.#connection.hasChannel) this.#page.show(event);
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
    // The end of a fully sent queue counts as sent; the same position with unsent audio after it does not.
    if (positionSamples < sentSamples || sentSamples === queuedSamples)
      this.#marks.watchSent(positionSamples, this.#outbound.playMsOf(positionSamples));
    else this.#marks.watch(positionSamples);
    this.#setMarkTimer();
  }

  pause(): Promise<Heard> {
    this.#paused ??= Promise.resolve({ positionSamples: this.#outbound.pause(), origin: 'estimated' });
    return this.#paused;
  }

  /** Throws a TransportError if the position is not a number. */
  resume(fromSamples: number): void {
    requirePosition(fromSamples);
    if (!this.#paused || this.#end) return;
    this.#paused = null;
    this.#outbound.resume(fromSamples);
  }

  clear(): Promise<Heard> {
    const sent = this.#outbound.clear();
    const heard = this.#paused ?? Promise.resolve({ positionSamples: sent, origin: 'estimated' } as const);
    this.#paused = null;
    this.#marks.drop();
    this.#setMarkTimer();
    return heard;
  }

  async close(): Promise<void> {
    this.#finish('closed');
    await new Promise((resolve) => setImmediate(resolve));
  }

  #onRtp(packet: Uint8Array): void {
    if (this.#end) return;
    this.#lastAudioMs = this.#clock.nowMs();
    this.#media.heard();
    this.#inbound.push(packet);
  }

  #onFrame(frame: AudioFrame): void {
    const endMs = this.#clock.nowMs();
    this.#edges.push(frame.samples, ({ type, position }) => {
      const behindMs = ((this.#edges.position - position) / inboundRateHz) * 1000;
      this.#speechDelay.atRelay(type, endMs - behindMs);
      this.#typed = false;
    });
    this.#tell((listener) => listener.onAudio(frame));
  }

  #onMalformed(what: 'rtp' | 'opus'): void {
    if (this.#malformed.has(what)) return;
    this.#malformed.add(what);
    const message = `The browser sent a packet that is not ${what === 'rtp' ? 'RTP' : 'Opus'}; such packets are dropped.`;
    this.#tell((listener) => listener.onWarning({ code: `malformed_${what}`, message }));
  }

  #onMediaStopped(): void {
    const seconds = mediaStoppedAfterMs / 1000;
    const message = `No audio has arrived from the browser for ${seconds} s although its connection is up. Browsers send audio all the time, also during silence: check that the microphone is on and the page is awake.`;
    this.#tell((listener) => listener.onWarning({ code: 'media_stopped', message }));
  }

  #onText(text: string): void {
    if (!this.#end) this.#page.take(text);
  }

  #onReport(report: PageReport): void {
    switch (report.type) {
      case 'speech_start':
      case 'speech_end': {
        const atMs = this.#page.clocks.toRelayMs(report.pageMs);
        if (atMs !== null) this.#speechDelay.atPage(report.type === 'speech_start' ? 'begin' : 'end', atMs);
        return;
      }
      case 'audible': {
        const atMs = this.#page.clocks.toRelayMs(report.pageMs);
        if (atMs !== null) this.#marks.audible(atMs);
        this.#setMarkTimer();
        return;
      }
      case 'stats':
        this.#marks.stateDownlink(
          (report.roundTripMs ?? this.#page.clocks.roundTripMs ?? 0) / 2 +
            report.jitterBufferMs +
            report.outputLatencyMs,
        );
        return;
      case 'text':
        this.#typed = true;
        this.#tell((listener) => listener.onTypedText(report.text));
        return;
      case 'bye':
        this.#finish('hangup');
    }
  }

  /** Delay of the caller's latest words to the relay; for a typed turn half a round trip. */
  #inputDelayMs(): number {
    const oneWayMs = (this.#page.clocks.roundTripMs ?? 0) / 2;
    return this.#typed ? oneWayMs : (this.#speechDelay.delayMs ?? oneWayMs);
  }

  #setMarkTimer(): void {
    this.#markTimer?.cancel();
    this.#markTimer = null;
    const { dueMs } = this.#marks;
    if (this.#end || dueMs === null) return;
    this.#markTimer = this.#clock.setTimer(dueMs - this.#clock.nowMs(), () => {
      // Use at least the due time: rounding must not make the timer fire again and again without effect.
      for (const mark of this.#marks.takeDue(Math.max(dueMs, this.#clock.nowMs())))
        this.#tell((listener) => listener.onHeard(mark));
      this.#setMarkTimer();
    });
  }

  /**
   * Checks that the page is alive: a crashed tab sends nothing, and ICE takes half a minute to notice. A client that
   * never answered a sync is not a page and may be silent for any time: ICE keeps checking its consent, and the
   * connection fails when that expires (RFC 7675, section 5.1: 30 s).
   */
  #checkAlive(): void {
    const nowMs = this.#clock.nowMs();
    const silentMs = nowMs - this.#lastAudioMs;
    const { receives } = this.#connection.audio;
    const { heartbeatMs } = this.#page;
    const isSilent = !receives || silentMs >= goneAfterMs;
    if (heartbeatMs !== null && isSilent && nowMs - heartbeatMs >= goneAfterMs) {
      this.#fail(
        new TransportError(`The browser is gone: no heartbeat and no audio for ${goneAfterMs / 1000} s.`),
      );
      return;
    }
    if (!this.#end) this.#aliveTimer = this.#clock.setTimer(checkAliveEveryMs, () => this.#checkAlive());
  }

  #onConnectionEnd(reason: 'hangup' | 'failed' | 'closed', cause?: Error): void {
    if (reason !== 'failed') return this.#finish('hangup');
    this.#fail(cause ?? new TransportError('The connection to the browser was lost.'));
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
    this.#markTimer?.cancel();
    this.#aliveTimer?.cancel();
    this.#media.stop();
    this.#page.close();
    this.#outbound.close();
    this.#inbound.close();
    this.#encoder.close();
    // Close later, since the session sends its last event to the page now.
    setImmediate(() => this.#connection.close());
    try {
      this.#listener?.onEnd(reason, cause);
    } catch {
      // The call is over, so the error has no listener; it must not reach other calls.
    }
  }
}

function requirePosition(positionSamples: number): void {
  if (Number.isFinite(positionSamples)) return;
  throw new TransportError(`A playout position must be a finite number of samples, not ${positionSamples}.`);
}
