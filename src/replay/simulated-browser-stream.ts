import { isAudible } from '../audio/level.js';
import type { OpusDecoder } from '../audio/opus-decoder.js';
import type { Clock, Timer } from '../clock.js';
import type { SessionEvent } from '../events/session-event.js';
import { InboundAudio } from '../transport/webrtc/inbound-audio.js';
import type { MediaConnection } from '../transport/webrtc/media-connection.js';
import type { PageMessage } from '../transport/webrtc/page-protocol.js';
import { AudioTrack } from './audio-track.js';
import { BrowserPlayout } from './browser-playout.js';
import type { CallFault, CallRecording, Playout, WireCount } from './caller.js';
import { parseRelayMessage } from './relay-messages.js';
import { SoundReports } from './sound-reports.js';
import { VisitorVoice, type VisitorVoiceParts } from './visitor-voice.js';

/** Both sides of a browser's call are kept at this rate: all the band that a voice needs, and Opus codes it directly. */
export const browserRateHz = 24_000;
const samplesPerMs = browserRateHz / 1000;
const frameMs = 20;
const frameSamples = frameMs * samplesPerMs;
/** What a browser's jitter buffer settles at on a quiet network. */
const playoutDelayMs = 40;
/** Quieter than this nothing counts as the agent's voice. */
const audibleDbfs = -50;
/** A relay that sends further ahead cannot be interrupted: a browser does not take back what it has received. */
const maxAheadMs = 1000;
/** The page was loaded before it called: its clock shows another time than the relay's. */
const pageAgeMs = 60_000;
/** How long a relay that was told goodbye may take to close the connection. */
const closeWithinMs = 500;

/** What happens on the visitor's side of a call. */
export interface BrowserStreamListener {
  /** Sound of the agent's is heard; silence between and behind its words does not count. */
  onAudio?(): void;
  /** The relay showed the page an event. */
  onEvent?(event: SessionEvent): void;
}

/** Whose doing the end of a connection was. */
export interface BrowserStreamEnd {
  readonly by: 'caller' | 'relay' | 'network';
  readonly cause?: Error | undefined;
}

/** The connection is up and not started; the codecs are at {@link browserRateHz} and closed with the stream. */
export interface BrowserStreamParts extends VisitorVoiceParts {
  readonly decoder: OpusDecoder;
  readonly listener: BrowserStreamListener;
}

/**
 * The visitor's end of one connection, as a page in a browser is: sends Opus in frames of 20 ms on deadlines that do not
 * drift, silence too; plays what arrives in real time behind a small jitter buffer; answers the relay's clock, and reports
 * what is said and heard. It begins when it is created and ends with its connection; then no timer is left.
 */
export class SimulatedBrowserStream {
  /** Resolves when the connection is down. */
  readonly ended: Promise<BrowserStreamEnd>;
  readonly faults: CallFault[] = [];
  readonly #connection: MediaConnection;
  readonly #clock: Clock;
  readonly #voice: VisitorVoice;
  readonly #listener: BrowserStreamListener;
  readonly #inbound: InboundAudio;
  readonly #startMs: number;
  readonly #playout = new BrowserPlayout(playoutDelayMs * samplesPerMs);
  readonly #caller = new AudioTrack();
  readonly #agent = new AudioTrack();
  readonly #reports: SoundReports;
  #waiting: { readonly samples: number; readonly resolve: () => void }[] = [];
  #nextFrame = 0;
  #audibleEndSamples = 0;
  #lengthSamples: number | null = null;
  #leaving = false;
  #greeted = false;
  #frameTimer: Timer | null = null;
  #closeTimer: Timer | null = null;
  #resolveEnded: (end: BrowserStreamEnd) => void = () => undefined;

  constructor(parts: BrowserStreamParts) {
    const { connection, clock, decoder, listener } = parts;
    this.#connection = connection;
    this.#clock = clock;
    this.#voice = new VisitorVoice(parts);
    this.#listener = listener;
    this.#startMs = clock.nowMs();
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
    this.#reports = new SoundReports({
      sampleRateHz: browserRateHz,
      pageMsOf: (position) => pageAgeMs + position / samplesPerMs,
      onReport: (report) => this.#tell(report),
    });
    this.#inbound = new InboundAudio({
      clock,
      decoder,
      payloadType: connection.audio.payloadType,
      onFrame: ({ samples }) => this.#play(samples),
      onMalformed: (what) =>
        this.#complain(`A packet arrived that is not ${what === 'rtp' ? 'RTP' : 'Opus'}.`),
    });
    connection.start({
      onRtp: (packet) => this.#inbound.push(packet),
      onChannelOpen: () => undefined,
      onText: (text) => this.#onText(text),
      onEnd: (reason, cause) => this.#onEnd(reason, cause),
    });
    this.#scheduleFrame();
  }

  /** RTP packets and data-channel messages in each direction. */
  get wire(): WireCount {
    return this.#connection.wire;
  }

  /** Whether the relay is about to say its first word on the data channel, or to close what the caller has left. */
  get waitsForRelay(): boolean {
    return this.#leaving ? this.#closeTimer !== null : !this.#greeted && this.#lengthSamples === null;
  }

  get playout(): Playout {
    const nowSamples = this.#nowSamples();
    return {
      queuedMs: this.#playout.queuedSamples(nowSamples) / samplesPerMs,
      idleSinceMs:
        this.#audibleEndSamples > nowSamples ? null : this.#startMs + this.#audibleEndSamples / samplesPerMs,
      heardSamples: this.#playout.heardSamples(nowSamples),
    };
  }

  /**
   * Says something, behind what is being said already, from the next frame on, so that the same samples always make the
   * same frames. Resolves when the last one was sent, or when the call ends before that.
   */
  say(samples: Int16Array): Promise<void> {
    if (this.#lengthSamples !== null || samples.length === 0) return Promise.resolve();
    const nextFrame = Math.max(this.#nextFrame, Math.ceil(this.#nowSamples() / frameSamples));
    const start = Math.max(this.#caller.length, nextFrame * frameSamples);
    this.#caller.write(start, samples);
    return new Promise((resolve) => this.#waiting.push({ samples: start + samples.length, resolve }));
  }

  /** Sends a typed turn. Returns false where the data channel is not open. */
  type(text: string): boolean {
    return this.#tell({ type: 'text', text });
  }

  /** Leaves: says goodbye, and closes the connection unless the relay is quicker. */
  hangUp(): void {
    if (this.#lengthSamples !== null) return;
    this.#leaving = true;
    const told = this.#tell({ type: 'bye' });
    this.#stop();
    // Closed at once, the connection would take the goodbye with it.
    if (told) this.#closeTimer = this.#clock.setTimer(closeWithinMs, () => this.#connection.close());
    else this.#connection.close();
  }

  /** Closes the connection without a goodbye, as a page may that is left. */
  vanish(): void {
    this.#leaving = true;
    this.#connection.close();
  }

  recording(): CallRecording {
    const length = this.#lengthSamples ?? this.#nowSamples();
    return {
      sampleRateHz: browserRateHz,
      caller: this.#caller.samples(length),
      agent: this.#agent.samples(length),
    };
  }

  #scheduleFrame(): void {
    // Each deadline counts from the start of the call: a late timer delays one frame, not all that follow.
    const dueMs = this.#startMs + (this.#nextFrame + 1) * frameMs;
    this.#frameTimer = this.#clock.setTimer(dueMs - this.#clock.nowMs(), () => {
      const nowSamples = this.#nowSamples();
      while ((this.#nextFrame + 1) * frameSamples <= nowSamples) this.#sendFrame();
      this.#listen(nowSamples);
      if (this.#lengthSamples === null) this.#scheduleFrame();
    });
  }

  #sendFrame(): void {
    const start = this.#nextFrame * frameSamples;
    const end = start + frameSamples;
    const samples = this.#caller.read(start, end);
    this.#nextFrame += 1;
    this.#voice.send(samples);
    this.#reports.said(samples);
    while (this.#waiting[0] && this.#waiting[0].samples <= end) this.#waiting.shift()?.resolve();
  }

  /** Hears what has been played since it last listened. */
  #listen(nowSamples: number): void {
    for (let from = this.#reports.heardSamples; from < nowSamples; from = this.#reports.heardSamples) {
      const heard = this.#agent.read(from, Math.min(nowSamples, from + frameSamples));
      this.#reports.heard(heard);
      if (isAudible(heard, audibleDbfs)) this.#listener.onAudio?.();
    }
  }

  #play(samples: Int16Array): void {
    const nowSamples = this.#nowSamples();
    const queuedSamples = this.#playout.queuedSamples(nowSamples);
    const audible = isAudible(samples, audibleDbfs);
    // An empty buffer plays silence by itself; what is not yet to be heard need not be buffered.
    if (queuedSamples === 0 && !audible) return;
    if (queuedSamples > maxAheadMs * samplesPerMs)
      this.#complain(`The relay sends more than ${maxAheadMs} ms ahead; a browser cannot take it back.`);
    const start = this.#playout.push(samples.length, nowSamples);
    this.#agent.write(start, samples);
    if (audible) this.#audibleEndSamples = start + samples.length;
  }

  #onText(text: string): void {
    this.#greeted = true;
    const message = parseRelayMessage(text);
    if (!message) {
      this.#complain(`A message is not one that a page knows: ${JSON.stringify(text.slice(0, 120))}.`);
      return;
    }
    if (message.type === 'event') {
      this.#listener.onEvent?.(message.event);
      return;
    }
    const pageMs = pageAgeMs + this.#clock.nowMs() - this.#startMs;
    this.#tell({ type: 'sync', id: message.id, receivedPageMs: pageMs, sentPageMs: pageMs });
    this.#tell({ type: 'stats', jitterBufferMs: playoutDelayMs, roundTripMs: null, outputLatencyMs: 0 });
  }

  #tell(message: PageMessage): boolean {
    return this.#lengthSamples === null && this.#connection.sendText(JSON.stringify(message));
  }

  /** Complaints of one kind are made once: a relay that does something wrong does it fifty times a second. */
  #complain(message: string): void {
    if (!this.faults.some((fault) => fault.message === message)) this.faults.push({ message });
  }

  /** Position on the recording's timeline. The margin keeps the rounding of milliseconds from losing a sample. */
  #nowSamples(): number {
    return Math.floor((this.#clock.nowMs() - this.#startMs) * samplesPerMs + 1e-6);
  }

  #onEnd(reason: 'hangup' | 'failed' | 'closed', cause?: Error): void {
    this.#stop();
    this.#closeTimer?.cancel();
    this.#closeTimer = null;
    const by = this.#leaving ? 'caller' : reason === 'failed' ? 'network' : 'relay';
    this.#resolveEnded({ by, cause });
  }

  #stop(): void {
    if (this.#lengthSamples !== null) return;
    this.#lengthSamples = this.#nowSamples();
    this.#frameTimer?.cancel();
    this.#inbound.close();
    this.#voice.close();
    this.#caller.cut(this.#lengthSamples);
    this.#agent.cut(this.#lengthSamples);
    for (const { resolve } of this.#waiting.splice(0)) resolve();
  }
}
