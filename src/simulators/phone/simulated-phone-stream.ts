import type { WebSocket } from 'ws';
import { z } from 'zod';
import { decodeMulaw, encodeMulaw } from '../../audio/g711.js';
import type { Clock, Timer } from '../../core/clock.js';
import { AudioTrack } from '../../replay/audio-track.js';
import type { CallFault, CallRecording, Playout, Uplink, WireCount } from '../../replay/caller.js';
import { PlayoutBuffer } from '../../replay/playout-buffer.js';

/** Sample rate of the phone network. */
export const phoneRateHz = 8000;
const samplesPerMs = phoneRateHz / 1000;
const frameMs = 20;
const frameSamples = frameMs * samplesPerMs;
/** Twilio queues up to ten minutes of audio. */
const maxQueuedSamples = 600_000 * samplesPerMs;
const socketOpen = 1;

const streamSid = z.string();
const outboundMessage = z.discriminatedUnion('event', [
  z.object({ event: z.literal('media'), streamSid, media: z.object({ payload: z.base64() }) }),
  z.object({ event: z.literal('mark'), streamSid, mark: z.object({ name: z.string().min(1) }) }),
  z.object({ event: z.literal('clear'), streamSid }),
]);

/** A fault that Twilio would report, with its error code. */
export interface WireFault extends CallFault {
  /** 31924 bad message, 31931 queue full, 31950 binary message. */
  readonly twilioCode: number;
}

/** Callbacks for the caller's side of a stream. */
export interface PhoneStreamListener {
  /** Audio from the agent arrived; it begins to play at `atMs` of the recording. */
  onAudio?(mulaw: Uint8Array, atMs: number): void;
  /** A mark arrived. */
  onMark?(name: string): void;
  /** A mark was echoed. */
  onMarkEchoed?(name: string): void;
  /** The agent's queued audio was dropped. */
  onClear?(): void;
}

/** Which side ended a stream. */
export interface StreamEnd {
  readonly by: 'caller' | 'relay' | 'network';
  readonly closeCode: number;
}

/** Speech that is being sent, in samples of the recording. */
interface Speech {
  readonly start: number;
  readonly end: number;
  /** Takes the number of samples that were sent. */
  readonly resolve: (sent: number) => void;
}

export interface PhoneStreamIdentity {
  readonly accountSid: string;
  readonly callSid: string;
  readonly streamSid: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/**
 * The caller's end of one media stream. It sends frames of 20 ms on deadlines that do not drift, plays received audio in real
 * time, and answers marks and clears as Twilio does. It begins when it is created and ends with its socket, without leaving a
 * timer.
 */
export class SimulatedPhoneStream {
  /** Resolves when the socket is closed. */
  readonly ended: Promise<StreamEnd>;
  readonly faults: WireFault[] = [];
  readonly #socket: WebSocket;
  readonly #clock: Clock;
  readonly #identity: PhoneStreamIdentity;
  readonly #listener: PhoneStreamListener;
  /** When the stream began, on the clock. */
  readonly startMs: number;
  readonly #buffer = new PlayoutBuffer(maxQueuedSamples);
  readonly #caller = new AudioTrack();
  readonly #agent = new AudioTrack();
  #waiting: Speech[] = [];
  #sequenceNumber = 0;
  #uplink: Uplink = 'open';
  /** Media that waits for the uplink. */
  #held: object[] = [];
  #nextFrame = 0;
  #sent = 0;
  #received = 0;
  #lengthSamples: number | null = null;
  #by: StreamEnd['by'] = 'relay';
  #frameTimer: Timer | null = null;
  #markTimer: Timer | null = null;
  #closeTimer: Timer | null = null;

  /** Announces the stream on an open socket. */
  constructor(socket: WebSocket, clock: Clock, identity: PhoneStreamIdentity, listener: PhoneStreamListener) {
    this.#socket = socket;
    this.#clock = clock;
    this.#identity = identity;
    this.#listener = listener;
    this.startMs = clock.nowMs();
    socket.on('message', (data: Buffer, isBinary) => this.#onMessage(data, isBinary));
    // The close that follows an error is handled.
    socket.on('error', () => undefined);
    this.ended = new Promise((resolve) => {
      socket.on('close', (closeCode) => {
        this.#stop();
        this.#closeTimer?.cancel();
        resolve({ by: this.#by, closeCode });
      });
    });
    this.#announce();
    this.#scheduleFrame();
  }

  /** Messages over the socket in each direction; none once the connection is broken. */
  get wire(): WireCount {
    if (this.#by === 'network') return { sent: 0, received: 0 };
    return { sent: this.#sent, received: this.#received };
  }

  get playout(): Playout {
    const nowSamples = this.#nowSamples();
    const queuedSamples = this.#buffer.queuedSamples(nowSamples);
    return {
      queuedMs: queuedSamples / samplesPerMs,
      idleSinceMs: queuedSamples > 0 ? null : this.startMs + this.#buffer.endSamples / samplesPerMs,
      heardSamples: this.#buffer.heardSamples(nowSamples),
    };
  }

  /**
   * Queues speech after any that is still being sent, aligned to frames, so that the same samples always make the same
   * frames. Resolves with the number of samples sent when the last frame was sent, or when the stream ends before that.
   */
  say(samples: Int16Array): Promise<number> {
    if (this.#lengthSamples !== null || samples.length === 0) return Promise.resolve(0);
    const nextFrame = Math.max(this.#nextFrame, Math.ceil(this.#nowSamples() / frameSamples));
    const start = Math.max(this.#caller.length, nextFrame * frameSamples);
    // The track holds the samples as sent: after mu-law coding.
    this.#caller.write(start, decodeMulaw(encodeMulaw(samples)));
    return new Promise((resolve) => this.#waiting.push({ start, end: start + samples.length, resolve }));
  }

  /** Sets what happens to the media from now on. */
  setUplink(uplink: Uplink): void {
    this.#uplink = uplink;
    if (uplink === 'stalled') return;
    for (const media of this.#held.splice(0)) if (uplink === 'open') this.#sendSequenced('media', { media });
  }

  /** Presses a key: 0-9, A-D, * or #. */
  digit(digit: string): void {
    this.#sendSequenced('dtmf', { dtmf: { track: 'inbound_track', digit } });
  }

  /** Hangs up: `stop`, then the socket closes. */
  hangUp(): void {
    if (this.#lengthSamples !== null) return;
    this.#by = 'caller';
    const { accountSid, callSid } = this.#identity;
    this.#sendSequenced('stop', { stop: { accountSid, callSid } });
    this.#stop();
    this.#socket.close(1000);
    // Do not wait for a relay that does not answer the close.
    this.#closeTimer = this.#clock.setTimer(1000, () => this.#socket.terminate());
  }

  /** The connection breaks: no `stop`, no close frame. What Twilio had queued is not played any more. */
  drop(): void {
    if (this.#lengthSamples !== null) return;
    this.#by = 'network';
    this.#buffer.clear(this.#nowSamples());
    this.#stop();
    this.#socket.terminate();
  }

  recording(): CallRecording {
    const length = this.#lengthSamples ?? this.#nowSamples();
    return {
      sampleRateHz: phoneRateHz,
      caller: this.#caller.samples(length),
      agent: this.#agent.samples(length),
    };
  }

  #announce(): void {
    const { accountSid, callSid, parameters: customParameters } = this.#identity;
    this.#send({ event: 'connected', protocol: 'Call', version: '1.0.0' });
    this.#sendSequenced('start', {
      start: {
        accountSid,
        streamSid: this.#identity.streamSid,
        callSid,
        tracks: ['inbound'],
        mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 },
        customParameters,
      },
    });
  }

  #scheduleFrame(): void {
    // Each deadline counts from the start of the stream: a late timer delays one frame, not all later ones.
    const dueMs = this.startMs + (this.#nextFrame + 1) * frameMs;
    this.#frameTimer = this.#clock.setTimer(dueMs - this.#clock.nowMs(), () => {
      const nowSamples = this.#nowSamples();
      while ((this.#nextFrame + 1) * frameSamples <= nowSamples) this.#sendFrame();
      this.#scheduleFrame();
    });
  }

  #sendFrame(): void {
    const start = this.#nextFrame * frameSamples;
    const end = start + frameSamples;
    this.#nextFrame += 1;
    const payload = Buffer.from(encodeMulaw(this.#caller.read(start, end))).toString('base64');
    const timestamp = String(start / samplesPerMs);
    const media = { track: 'inbound', chunk: String(this.#nextFrame), timestamp, payload };
    if (this.#uplink === 'open') this.#sendSequenced('media', { media });
    else if (this.#uplink === 'stalled') this.#held.push(media);
    while (this.#waiting[0] && this.#waiting[0].end <= end) this.#tellSent(this.#waiting.shift());
  }

  #tellSent(speech: Speech | undefined): void {
    if (!speech) return;
    const { start, end, resolve } = speech;
    resolve(Math.max(0, Math.min(end, this.#nextFrame * frameSamples) - start));
  }

  #onMessage(data: Buffer, isBinary: boolean): void {
    this.#received += 1;
    if (this.#lengthSamples !== null) return;
    this.#echoDueMarks();
    if (isBinary) {
      this.faults.push({ twilioCode: 31950, message: 'A binary message arrived; Twilio accepts only text.' });
      return;
    }
    const parsed = outboundMessage.safeParse(parseJson(data));
    if (!parsed.success || parsed.data.streamSid !== this.#identity.streamSid) {
      const excerpt = JSON.stringify(data.toString().slice(0, 120));
      this.faults.push({ twilioCode: 31924, message: `A message is not one that Twilio knows: ${excerpt}.` });
      return;
    }
    const nowSamples = this.#nowSamples();
    switch (parsed.data.event) {
      case 'media':
        this.#play(Buffer.from(parsed.data.media.payload, 'base64'), nowSamples);
        return;
      case 'mark': {
        const { name } = parsed.data.mark;
        this.#listener.onMark?.(name);
        if (this.#buffer.mark(name, nowSamples)) this.#echo([name]);
        this.#scheduleMark();
        return;
      }
      case 'clear': {
        const swept = this.#buffer.clear(nowSamples);
        this.#agent.cut(nowSamples);
        this.#listener.onClear?.();
        this.#echo(swept);
        this.#scheduleMark();
      }
    }
  }

  #play(mulaw: Uint8Array, nowSamples: number): void {
    const start = this.#buffer.push(mulaw.length, nowSamples);
    if (start === null) {
      this.faults.push({
        twilioCode: 31931,
        message: 'More than ten minutes of audio are queued; the rest is discarded.',
      });
      return;
    }
    this.#agent.write(start, decodeMulaw(mulaw));
    this.#listener.onAudio?.(mulaw, start / samplesPerMs);
  }

  #scheduleMark(): void {
    this.#markTimer?.cancel();
    const dueSamples = this.#buffer.nextMarkSamples;
    if (dueSamples === null) return;
    const dueMs = this.startMs + dueSamples / samplesPerMs;
    this.#markTimer = this.#clock.setTimer(dueMs - this.#clock.nowMs(), () => {
      this.#echoDueMarks();
      this.#scheduleMark();
    });
  }

  #echoDueMarks(): void {
    this.#echo(this.#buffer.takeDue(this.#nowSamples()));
  }

  #echo(names: readonly string[]): void {
    for (const name of names) {
      this.#sendSequenced('mark', { mark: { name } });
      this.#listener.onMarkEchoed?.(name);
    }
  }

  /** Position on the recording's timeline. The margin keeps the rounding of milliseconds from losing a sample. */
  #nowSamples(): number {
    return Math.floor((this.#clock.nowMs() - this.startMs) * samplesPerMs + 1e-6);
  }

  #sendSequenced(event: string, fields: object): void {
    this.#sequenceNumber += 1;
    const { streamSid } = this.#identity;
    this.#send({ event, sequenceNumber: String(this.#sequenceNumber), ...fields, streamSid });
  }

  #send(message: object): void {
    if (this.#socket.readyState !== socketOpen || this.#lengthSamples !== null) return;
    this.#sent += 1;
    this.#socket.send(JSON.stringify(message));
  }

  #stop(): void {
    if (this.#lengthSamples !== null) return;
    this.#lengthSamples = this.#nowSamples();
    this.#frameTimer?.cancel();
    this.#markTimer?.cancel();
    this.#caller.cut(this.#lengthSamples);
    this.#agent.cut(this.#lengthSamples);
    for (const speech of this.#waiting.splice(0)) this.#tellSent(speech);
  }
}

function parseJson(data: Buffer): unknown {
  try {
    return JSON.parse(data.toString());
  } catch {
    return undefined;
  }
}
