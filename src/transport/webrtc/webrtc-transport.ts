import type { AudioFormat, AudioFrame } from '../../audio/audio-frame.js';
import { createOpusDecoder, type OpusDecoder } from '../../audio/opus-decoder.js';
import { createOpusEncoder, type OpusEncoder, type OpusEncoderOptions } from '../../audio/opus-encoder.js';
import { SoundEdges } from '../../audio/sound-edges.js';
import type { Clock, Timer } from '../../clock.js';
import { TransportError } from '../../errors.js';
import type { SessionEvent } from '../../events/session-event.js';
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
import { OutboundAudio, outboundRateHz, webRtcOutputFormat } from './outbound-audio.js';
import { PageChannel, type PageFault, type PageReport } from './page-channel.js';
import { soundEndsAfterMs } from './page-protocol.js';
import { SpeechDelay } from './speech-delay.js';

export interface WebRtcTransportOptions {
  readonly clock: Clock;
  readonly call: CallInfo;
  /** How the agent's voice is encoded. */
  readonly opus?: Partial<Pick<OpusEncoderOptions, 'complexity' | 'bitrateBps'>>;
}

interface Codecs {
  readonly encoder: OpusEncoder;
  readonly decoder: OpusDecoder;
}

/** Opus decodes straight to what recognisers take. */
const inboundRateHz = 16_000;
/** How often somebody looks whether the page still lives. */
const lookEveryMs = 1000;
/** Browsers send audio without a break, in silence too. */
const warnAfterMs = 3000;
/** Without audio and without a heartbeat for this long nobody is there any more. */
const goneAfterMs = 8000;

/**
 * One visitor's call over WebRTC: Opus in both directions, and the page's reports on a data channel. Nothing is sent
 * ahead of its time, so a pause or a clear takes effect with the next frame, and what was sent counts as heard.
 * When it was heard the page says itself, see {@link HeardMarks}; what comes in is put in order by {@link InboundAudio}.
 */
export class WebRtcTransport implements Transport {
  readonly type = 'webrtc';
  readonly call: CallInfo;
  readonly inputFormat: AudioFormat = { encoding: 'linear16', sampleRateHz: inboundRateHz };
  readonly outputFormat = webRtcOutputFormat;
  readonly #connection: MediaConnection;
  readonly #clock: Clock;
  readonly #inbound: InboundAudio;
  readonly #outbound: OutboundAudio;
  readonly #encoder: OpusEncoder;
  readonly #page: PageChannel;
  readonly #edges = new SoundEdges({ sampleRateHz: inboundRateHz, endsAfterMs: soundEndsAfterMs });
  readonly #speechDelay = new SpeechDelay();
  readonly #marks: HeardMarks;
  #listener: TransportListener | null = null;
  #end: { readonly reason: TransportEndReason; readonly cause?: Error | undefined } | null = null;
  #paused: Promise<Heard> | null = null;
  #typed = false;
  #markTimer: Timer | null = null;
  #lookTimer: Timer | null = null;
  #lastAudioMs = 0;
  #startedMs = 0;
  #warnedOfSilence = false;
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
   * Takes over a connection that is up, and closes it; what arrives is held until {@link start}. Throws a RangeError for an
   * encoding that cannot be; the connection stays the caller's then.
   */
  static async create(
    connection: MediaConnection,
    options: WebRtcTransportOptions,
  ): Promise<WebRtcTransport> {
    const encoder = await createOpusEncoder({ sampleRateHz: outboundRateHz, ...options.opus });
    const decoder = await createOpusDecoder({ sampleRateHz: inboundRateHz });
    return new WebRtcTransport(connection, options, { encoder, decoder });
  }

  get queuedSamples(): number {
    return this.#outbound.queuedSamples;
  }

  /** How the visitor's audio arrives. */
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

  /** How often the page broke the protocol, by kind. */
  get pageFaults(): Readonly<Partial<Record<PageFault, number>>> {
    return this.#page.stats;
  }

  /** Frames of the agent's voice that left after their turn: the frame of lead was used up. */
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
    this.#startedMs = this.#clock.nowMs();
    this.#lastAudioMs = this.#startedMs;
    this.#look();
    this.#connection.start({
      onRtp: (packet) => this.#onRtp(packet),
      onChannelOpen: () => this.#page.opened(),
      onText: (text) => this.#onText(text),
      onWarning: (warning) => this.#tell((listener) => listener.onWarning(warning)),
      onEnd: (reason, cause) => this.#onConnectionEnd(reason, cause),
    });
  }

  /** Shows the page an event of its session; the last ones arrive only while the connection is not down. */
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
    // The end of the queue is heard when what was sent is; the same position with more behind it is yet to be sent.
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
    this.#warnedOfSilence = false;
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
    const message = `The browser sent a packet that is no ${what === 'rtp' ? 'RTP' : 'Opus'}; such are dropped.`;
    this.#tell((listener) => listener.onWarning({ code: `malformed_${what}`, message }));
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

  /** What the caller's latest words took to get here: a typed turn's half a round trip. */
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
      // The due time, not the time it is: rounding must not make the timer come again and again without effect.
      for (const mark of this.#marks.takeDue(Math.max(dueMs, this.#clock.nowMs())))
        this.#tell((listener) => listener.onHeard(mark));
      this.#setMarkTimer();
    });
  }

  /** Looks whether the visitor is still there: a crashed tab says nothing, and ICE takes half a minute to notice. */
  #look(): void {
    const nowMs = this.#clock.nowMs();
    const silentMs = nowMs - this.#lastAudioMs;
    const { receives } = this.#connection.audio;
    if (receives && silentMs >= warnAfterMs && !this.#warnedOfSilence) {
      this.#warnedOfSilence = true;
      const message = `No audio has come from the browser for ${warnAfterMs / 1000} s.`;
      this.#tell((listener) => listener.onWarning({ code: 'no_inbound_audio', message }));
    }
    const lastSignMs = this.#page.heartbeatMs ?? this.#startedMs;
    const isSilent = receives ? silentMs >= goneAfterMs : this.#connection.hasChannel;
    if (isSilent && nowMs - lastSignMs >= goneAfterMs) {
      this.#fail(new TransportError(`The browser is gone: no sign of life for ${goneAfterMs / 1000} s.`));
      return;
    }
    if (!this.#end) this.#lookTimer = this.#clock.setTimer(lookEveryMs, () => this.#look());
  }

  #onConnectionEnd(reason: 'hangup' | 'failed' | 'closed', cause?: Error): void {
    if (reason !== 'failed') return this.#finish('hangup');
    this.#fail(cause ?? new TransportError('The connection to the browser was lost.'));
  }

  /** A listener that throws ends its own call and nothing else. */
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
    this.#lookTimer?.cancel();
    this.#page.close();
    this.#outbound.close();
    this.#inbound.close();
    this.#encoder.close();
    // The session tells its last event now, and the page is to see it.
    setImmediate(() => this.#connection.close());
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
