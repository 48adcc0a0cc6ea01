import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { z } from 'zod';
import type { Clock, Timer } from '../../../core/clock.js';
import type { AudioFormat } from '../../../audio/audio-frame.js';
import { piecesOf, type SimulatedVoice } from '../../simulated-voice.js';
import type { DeepgramVoiceFault } from './deepgram-voice-fault.js';
import type { ChosenVoiceManners } from './deepgram-voice-manners.js';
import type { SpeakQuery } from './speak-query.js';

/** Latencies of simulated speech, in milliseconds. */
export interface DeepgramVoicePace {
  /** From a flush to its first piece of audio. @default 75 */
  readonly firstAudioMs: number;
  /** From one piece to the next. @default 5 */
  readonly pieceMs: number;
}

export interface SimulatedSpeakerOptions {
  readonly socket: WebSocket;
  readonly stream: Duplex;
  readonly query: SpeakQuery;
  readonly voice: SimulatedVoice;
  readonly pace: DeepgramVoicePace;
  readonly pieceLengthMs: number;
  readonly manners: ChosenVoiceManners;
  readonly clock: Clock;
  /** Takes the fault of the answer that begins now, if any. */
  readonly nextFault: () => DeepgramVoiceFault | null;
  readonly onText: (text: string) => void;
  readonly onAudio: (audio: Buffer) => void;
  readonly onProblem: (problem: string) => void;
  readonly onFault: () => void;
}

const schema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('Speak'), text: z.string() }),
  z.strictObject({ type: z.literal('Flush') }),
  z.strictObject({ type: z.literal('Clear') }),
  z.strictObject({ type: z.literal('Close') }),
]);

/** https://developers.deepgram.com/docs/tts-ws-flush */
const mostFlushes = 20;
/** https://github.com/jambonz/jambonz-feature-server/issues/1214 */
const mostCharactersPerMinute = 2400;
/** https://developers.deepgram.com/docs/errors */
const mostCharacters = 2000;
const windowMs = 60_000;

/** A piece of audio, or the answer to a flush. */
type Due = { readonly audio: Buffer; readonly isFirst: boolean } | 'flushed';

/** One client connection of the simulated voices. */
export class SimulatedSpeaker {
  readonly #options: SimulatedSpeakerOptions;
  readonly #flushes: number[] = [];
  readonly #spoken: { readonly atMs: number; readonly characters: number }[] = [];
  #text = '';
  #due: Due[] = [];
  #timer: Timer | null = null;
  #fault: DeepgramVoiceFault | null = null;
  #isAnswering = false;
  #sent = 0;
  #sequence = 0;
  #isSilent = false;
  #isClosed = false;
  #characters = 0;
  #bytes = 0;

  constructor(options: SimulatedSpeakerOptions) {
    this.#options = options;
    const { socket, query, manners } = options;
    socket.on('error', () => undefined);
    socket.on('message', (data: Buffer, isBinary) => this.#take(data.toString(), isBinary));
    socket.on('close', () => this.dispose());
    if (manners.metadata)
      this.#say({
        type: 'Metadata',
        request_id: 'simulated',
        model_name: query.model,
        model_version: 'simulated',
        model_uuid: 'simulated',
      });
  }

  /** What Deepgram charges: the characters received; and the seconds of audio that were sent. */
  get billed(): { readonly characters: number; readonly seconds: number } {
    const { encoding, sampleRateHz } = this.#options.query.format;
    const perSec = sampleRateHz * (encoding === 'mulaw' ? 1 : Int16Array.BYTES_PER_ELEMENT);
    return { characters: this.#characters, seconds: this.#bytes / perSec };
  }

  /** Stops speaking. */
  dispose(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#due = [];
  }

  #take(json: string, isBinary: boolean): void {
    if (this.#isClosed) return this.#options.onProblem('A message came after Close.');
    if (isBinary) return this.#refuse('A binary message was sent.', 1003, 'MESSAGE-0000');
    let message: z.infer<typeof schema>;
    try {
      message = schema.parse(JSON.parse(json));
    } catch {
      return this.#refuse(`It sent an invalid message: ${json}`, 1008, 'DATA-0000');
    }
    if (message.type === 'Speak') this.#speak(message.text);
    else if (message.type === 'Flush') this.#flush();
    else if (message.type === 'Clear') this.#clear();
    else {
      this.dispose();
      this.#options.socket.close(1000);
    }
  }

  #speak(text: string): void {
    if (text.trim() === '') this.#options.onProblem('It sent a text without characters.');
    if (text.length > mostCharacters) return this.#refuse('A text is too long.', 1009, 'BIG-0001');
    const nowMs = this.#options.clock.nowMs();
    this.#spoken.push({ atMs: nowMs, characters: text.length });
    const recent = this.#spoken.filter(({ atMs }) => atMs > nowMs - windowMs);
    if (recent.reduce((sum, { characters }) => sum + characters, 0) > mostCharactersPerMinute)
      return this.#refuse('Too many characters were sent in a minute.', 1008, 'DATA-0001');
    this.#characters += text.length;
    this.#options.onText(text);
    this.#text += text;
  }

  #flush(): void {
    const { clock, nextFault, onFault, voice, pieceLengthMs, query } = this.#options;
    if (!this.#isAnswering) {
      this.#isAnswering = true;
      this.#fault = nextFault();
      this.#sent = 0;
      if (this.#fault && !('afterPieces' in this.#fault)) onFault();
    }
    const nowMs = clock.nowMs();
    const recent = this.#flushes.filter((atMs) => atMs > nowMs - windowMs).length;
    if (recent >= mostFlushes || this.#fault?.fault === 'excessive_flush') {
      if (recent >= mostFlushes) this.#options.onProblem('There were too many flushes in a minute.');
      return this.#warn('EXCESSIVE_FLUSH', 'Rate limit exceeded for flushes. Please try again later.');
    }
    this.#flushes.push(nowMs);
    const text = this.#text;
    this.#text = '';
    if (text.trim() === '') this.#options.onProblem('It flushed without a text.');
    const format = this.#fault?.fault === 'wrong_encoding' ? otherFormat(query.format) : query.format;
    const whole = piecesOf(voice(text, format.sampleRateHz), format, pieceLengthMs).map(({ audio }) => audio);
    const pieces =
      this.#fault?.fault === 'no_audio' ? [] : this.#options.manners.uneven ? uneven(whole) : whole;
    this.#due.push(...pieces.map((audio, index) => ({ audio, isFirst: index === 0 })));
    const last = this.#fault?.fault === 'late_audio' ? this.#due.pop() : undefined;
    this.#due.push('flushed', ...(last === undefined ? [] : [last]));
    this.#schedule();
  }

  /** https://developers.deepgram.com/docs/tts-ws-clear */
  #clear(): void {
    this.#text = '';
    this.#due = [];
    this.#timer?.cancel();
    this.#timer = null;
    this.#isAnswering = false;
    this.#say({ type: 'Cleared', sequence_id: this.#sequence++ });
  }

  #schedule(): void {
    const next = this.#due[0];
    if (this.#timer || this.#isClosed || this.#isSilent || next === undefined) return;
    const { clock, pace } = this.#options;
    const waitMs = next === 'flushed' ? 0 : next.isFirst ? pace.firstAudioMs : pace.pieceMs;
    this.#timer = clock.setTimer(waitMs, () => {
      this.#timer = null;
      this.#give();
    });
  }

  #give(): void {
    const fault = this.#fault;
    if (fault && 'afterPieces' in fault && this.#sent >= fault.afterPieces) return this.#failAs(fault);
    const next = this.#due.shift();
    if (next === undefined) return;
    if (next !== 'flushed') {
      this.#sent++;
      if (this.#options.manners.unknown) this.#say({ type: 'SpeechProgress', sent: this.#sent });
      this.#send(next.audio);
    } else this.#flushed();
    this.#schedule();
  }

  #flushed(): void {
    const isLast = !this.#due.includes('flushed');
    if (this.#options.manners.chatty) this.#warn('SIMULATED', 'Something harmless.');
    this.#say({ type: 'Flushed', sequence_id: this.#sequence++ });
    if (!isLast) return;
    this.#isAnswering = false;
    if (this.#fault?.fault !== 'stale_audio') return;
    const { voice, query, pieceLengthMs } = this.#options;
    for (const { audio } of piecesOf(
      voice('This is stale.', query.format.sampleRateHz),
      query.format,
      pieceLengthMs,
    ))
      this.#send(audio);
  }

  #failAs(fault: Extract<DeepgramVoiceFault, { readonly afterPieces: number }>): void {
    const { socket, stream, onFault } = this.#options;
    this.#fault = null;
    onFault();
    this.#isSilent = true;
    if (fault.fault === 'drop') stream.destroy();
    if (fault.fault === 'garbage') socket.send('{"type":"Flus');
    if (fault.fault === 'close')
      socket.close(fault.code ?? 1011, fault.reason ?? 'NET-0000: internal server error');
  }

  #warn(code: string, text: string): void {
    const seen = this.#options.manners.warnings === 'seen';
    this.#say({
      type: 'Warning',
      ...(seen ? { warn_code: code, warn_msg: text } : { code, description: text }),
    });
  }

  #refuse(problem: string, code: number, reason: string): void {
    this.#options.onProblem(problem);
    this.dispose();
    this.#options.socket.close(code, reason);
  }

  #send(audio: Buffer): void {
    const { socket, onAudio } = this.#options;
    if (socket.readyState !== socket.OPEN) return;
    this.#bytes += audio.length;
    onAudio(audio);
    socket.send(audio);
  }

  #say(message: object): void {
    const { socket } = this.#options;
    if (!this.#isSilent && socket.readyState === socket.OPEN) socket.send(JSON.stringify(message));
  }
}

function otherFormat({ encoding }: AudioFormat): AudioFormat {
  if (encoding === 'mulaw') return { encoding: 'linear16', sampleRateHz: 24_000 };
  return { encoding: 'mulaw', sampleRateHz: 8000 };
}

/** The same bytes in pieces of other lengths, which may cut a sample. */
function uneven(pieces: readonly Buffer[]): Buffer[] {
  const all = Buffer.concat(pieces);
  const cut: Buffer[] = [];
  for (let start = 0, length = 333; start < all.length; start += length, length = length * 2 + 1)
    cut.push(all.subarray(start, start + length));
  return cut;
}
