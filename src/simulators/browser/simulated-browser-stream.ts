import { isAudible } from '../../audio/level.js';
import type { OpusDecoder } from '../../audio/opus-decoder.js';
import type { Clock, Timer } from '../../core/clock.js';
import type { SessionEvent } from '../../events/session-event.js';
import { InboundAudio } from '../../transport/webrtc/inbound-audio.js';
import type { MediaConnection } from '../../transport/webrtc/media-connection.js';
import type { PageMessage } from '../../transport/webrtc/page-protocol.js';
import { AudioTrack } from '../../replay/audio-track.js';
import { BrowserPlayout } from './browser-playout.js';
import type { CallFault, CallRecording, Playout, Uplink, WireCount } from '../../replay/caller.js';
import { parseRelayMessage } from '../../relay-client/relay-messages.js';
import { SoundReports } from './sound-reports.js';
import { VisitorVoice, type VisitorVoiceParts } from './visitor-voice.js';

/** Sample rate of both sides of a browser's call: enough bandwidth for a voice, and a native rate of Opus. */
export const browserRateHz = 24_000;
const samplesPerMs = browserRateHz / 1000;
const frameMs = 20;
const frameSamples = frameMs * samplesPerMs;
/** Delay of a browser's jitter buffer on a quiet network. */
const playoutDelayMs = 40;
/** Quieter audio does not count as the agent's voice. */
const audibleDbfs = -50;
/** A relay that sends further ahead cannot be interrupted: a browser cannot drop received audio. */
const maxAheadMs = 1000;
/** The page was loaded this long before the call, so its clock differs from the relay's. */
const pageAgeMs = 60_000;
/** How long the relay may take to close the connection after the page's goodbye. */
const closeWithinMs = 500;

/** Callbacks for the visitor's side of a call. */
export interface BrowserStreamListener {
  /** Sound from the agent was heard; silence between and after its words does not count. */
  onAudio?(): void;
  /** The relay sent the page an event. */
  onEvent?(event: SessionEvent): void;
}

/** Which side ended a connection. */
export interface BrowserStreamEnd {
  readonly by: 'caller' | 'relay' | 'network';
  readonly cause?: Error | undefined;
}

/** The connection is up but not started; the codecs run at {@link browserRateHz} and are closed with it. */
export interface BrowserLinkParts extends VisitorVoiceParts {
  readonly decoder: OpusDecoder;
}

export interface BrowserStreamParts extends BrowserLinkParts {
  readonly listener: BrowserStreamListener;
}

/**
 * The visitor's end of one call, like a page in a browser. It sends Opus frames of 20 ms, also silence, on deadlines
 * that do not drift; plays received audio in real time behind a small jitter buffer; answers the relay's clock messages; and
 * reports what is said and heard. It begins when it is created and ends with its connection, without leaving a timer;
 * after {@link drop} it goes on over another connection.
 */
export class SimulatedBrowserStream {
  /** Resolves when the connection is down. */
  readonly ended: Promise<BrowserStreamEnd>;
  readonly faults: CallFault[] = [];
  #connection!: MediaConnection;
  readonly #clock: Clock;
  #voice!: VisitorVoice;
  readonly #listener: BrowserStreamListener;
  #inbound!: InboundAudio;
  #isDropped = false;
  #uplink: Uplink = 'open';
  #eventsSeen = 0;
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
    const { clock, listener } = parts;
    this.#clock = clock;
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
    this.#attach(parts);
    this.#scheduleFrame();
  }

  /** The number of the last event that the page has got. */
  get eventsSeen(): number {
    return this.#eventsSeen;
  }

  /** Gives the connection up, like a page that has lost its network: nothing is sent or heard over it any more. */
  drop(): void {
    if (this.#lengthSamples !== null) return;
    this.#isDropped = true;
  }

  /** Goes on over another connection, and closes the former one. */
  reattach(parts: BrowserLinkParts): void {
    const former = { connection: this.#connection, voice: this.#voice, inbound: this.#inbound };
    this.#isDropped = false;
    this.#greeted = false;
    this.#attach(parts);
    former.voice.close();
    former.inbound.close();
    former.connection.close();
  }

  /** Whether the page has given up the connection, and has no other yet. */
  get isDropped(): boolean {
    return this.#isDropped;
  }

  /** RTP packets and data-channel messages in each direction. */
  get wire(): WireCount {
    return this.#connection.wire;
  }

  /** Whether the relay has yet to send its first data-channel message, or to close a connection that the caller has left. */
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
   * Queues speech after any that is still being sent, aligned to frames, so that the same samples always make the same
   * frames. Resolves when the last frame was sent, or when the call ends before that.
   */
  say(samples: Int16Array): Promise<void> {
    if (this.#lengthSamples !== null || samples.length === 0) return Promise.resolve();
    const nextFrame = Math.max(this.#nextFrame, Math.ceil(this.#nowSamples() / frameSamples));
    const start = Math.max(this.#caller.length, nextFrame * frameSamples);
    this.#caller.write(start, samples);
    return new Promise((resolve) => this.#waiting.push({ samples: start + samples.length, resolve }));
  }

  /** Sets what happens to the microphone's audio from now on. */
  setUplink(uplink: Uplink): void {
    this.#uplink = uplink;
    this.#voice.setUplink(uplink);
  }

  /** Sends a typed turn. Returns false if the data channel is not open. */
  type(text: string): boolean {
    return this.#tell({ type: 'text', text });
  }

  /** Says goodbye, and closes the connection unless the relay closes it first. */
  hangUp(): void {
    if (this.#lengthSamples !== null) return;
    this.#leaving = true;
    const told = this.#tell({ type: 'bye' });
    this.#stop();
    if (this.#isDropped) this.#resolveEnded({ by: 'caller' });
    // Closing the connection at once would lose the goodbye.
    if (told) this.#closeTimer = this.#clock.setTimer(closeWithinMs, () => this.#connection.close());
    else this.#connection.close();
  }

  /** Ends a call that could not go on: the relay no longer has it, or the network failed. */
  end(cause?: Error): void {
    this.#stop();
    this.#connection.close();
    this.#resolveEnded({ by: cause ? 'network' : 'relay', cause });
  }

  /** Closes the connection without a goodbye, like a page that is closed. */
  vanish(): void {
    this.#leaving = true;
    this.#connection.close();
    if (this.#isDropped) this.#onEnd('closed');
  }

  recording(): CallRecording {
    const length = this.#lengthSamples ?? this.#nowSamples();
    return {
      sampleRateHz: browserRateHz,
      caller: this.#caller.samples(length),
      agent: this.#agent.samples(length),
    };
  }

  #attach(parts: BrowserLinkParts): void {
    const { connection, clock, decoder } = parts;
    const isCurrent = (): boolean => this.#connection === connection;
    this.#connection = connection;
    this.#voice = new VisitorVoice(parts);
    this.#voice.setUplink(this.#uplink);
    const inbound = new InboundAudio({
      clock,
      decoder,
      payloadType: connection.audio.payloadType,
      onFrame: ({ samples }) => this.#play(samples),
      onMalformed: (what) =>
        this.#complain(`A packet arrived that is not ${what === 'rtp' ? 'RTP' : 'Opus'}.`),
    });
    this.#inbound = inbound;
    connection.start({
      onRtp: (packet) => {
        if (isCurrent() && !this.#isDropped) inbound.push(packet);
      },
      onChannelOpen: () => undefined,
      onText: (text) => {
        if (isCurrent() && !this.#isDropped) this.#onText(text);
      },
      onEnd: (reason, cause) => {
        if (isCurrent() && !this.#isDropped) this.#onEnd(reason, cause);
      },
    });
  }

  #scheduleFrame(): void {
    // Each deadline counts from the start of the call: a late timer delays one frame, not all later ones.
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
    if (!this.#isDropped) this.#voice.send(samples);
    this.#reports.said(samples);
    while (this.#waiting[0] && this.#waiting[0].samples <= end) this.#waiting.shift()?.resolve();
  }

  /** Processes the audio that was played since the last call. */
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
    // An empty buffer plays silence, so silence need not be buffered.
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
      this.#eventsSeen = message.number;
      this.#listener.onEvent?.(message.event);
      return;
    }
    const pageMs = pageAgeMs + this.#clock.nowMs() - this.#startMs;
    this.#tell({ type: 'sync', id: message.id, receivedPageMs: pageMs, sentPageMs: pageMs });
    this.#tell({ type: 'stats', jitterBufferMs: playoutDelayMs, roundTripMs: null, outputLatencyMs: 0 });
  }

  #tell(message: PageMessage): boolean {
    return (
      this.#lengthSamples === null && !this.#isDropped && this.#connection.sendText(JSON.stringify(message))
    );
  }

  /** Reports each kind of fault once: a faulty relay repeats it fifty times a second. */
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
