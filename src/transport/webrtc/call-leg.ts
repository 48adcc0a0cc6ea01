/** One connection of a browser's call, with what belongs to it alone: the order of its packets, and its page's channel. */
import { createOpusDecoder, type OpusDecoder } from '../../audio/opus-decoder.js';
import type { AudioFrame } from '../../audio/audio-frame.js';
import type { Clock } from '../../core/clock.js';
import type { TransportWarning } from '../transport.js';
import { InboundAudio } from './inbound-audio.js';
import type { MediaConnection } from './media-connection.js';
import { PageChannel, type PageBudgets, type PageReport } from './page-channel.js';
import { webRtcDefinition } from './webrtc-definition.js';

export interface CallLegListener {
  /** Something arrived from the far end; audio comes with `onFrame`. */
  onSign(what: 'audio' | 'message'): void;
  onFrame(frame: AudioFrame): void;
  onReport(report: PageReport): void;
  onWarning(warning: TransportWarning): void;
  /** The page sends far more than the limits: end the call. */
  onIntolerable(message: string): void;
  /** The connection is over. */
  onEnd(reason: 'hangup' | 'failed' | 'closed', cause?: Error): void;
}

export interface CallLegOptions {
  readonly clock: Clock;
  /** Those of the call: another connection renews none. */
  readonly budgets: PageBudgets;
  /** Called until {@link CallLeg.close}. */
  readonly listener: CallLegListener;
}

export class CallLeg {
  readonly connection: MediaConnection;
  readonly inbound: InboundAudio;
  readonly page: PageChannel;
  readonly #listener: CallLegListener;
  readonly #malformed = new Set<'rtp' | 'opus'>();
  #closed = false;

  private constructor(connection: MediaConnection, options: CallLegOptions, decoder: OpusDecoder) {
    const { clock, budgets, listener } = options;
    this.connection = connection;
    this.#listener = listener;
    this.inbound = new InboundAudio({
      clock,
      decoder,
      payloadType: connection.audio.payloadType,
      onFrame: (frame) => listener.onFrame(frame),
      onMalformed: (what) => this.#onMalformed(what),
    });
    this.page = new PageChannel({
      connection,
      clock,
      budgets,
      listener: {
        onReport: (report) => listener.onReport(report),
        onWarning: (warning) => listener.onWarning(warning),
        onIntolerable: (message) => listener.onIntolerable(message),
      },
    });
  }

  /** Takes over a connection that is up; messages are held until {@link start}. */
  static async create(connection: MediaConnection, options: CallLegOptions): Promise<CallLeg> {
    const { sampleRateHz } = webRtcDefinition.hears;
    return new CallLeg(connection, options, await createOpusDecoder({ sampleRateHz }));
  }

  /** Starts delivery. Called once. */
  start(): void {
    this.connection.start({
      onRtp: (packet) => {
        if (this.#closed) return;
        this.#listener.onSign('audio');
        this.inbound.push(packet);
      },
      onChannelOpen: () => this.page.opened(),
      onText: (text) => {
        if (this.#closed) return;
        this.#listener.onSign('message');
        this.page.take(text);
      },
      onDropped: () => this.page.dropped(),
      onWarning: (warning) => this.#listener.onWarning(warning),
      onEnd: (reason, cause) => {
        if (!this.#closed) this.#listener.onEnd(reason, cause);
      },
    });
  }

  /** Stops everything but the connection. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.page.close();
    this.inbound.close();
  }

  #onMalformed(what: 'rtp' | 'opus'): void {
    if (this.#malformed.has(what)) return;
    this.#malformed.add(what);
    const message = `The browser sent a packet that is not ${what === 'rtp' ? 'RTP' : 'Opus'}; such packets are dropped.`;
    this.#listener.onWarning({ code: `malformed_${what}`, message });
  }
}
