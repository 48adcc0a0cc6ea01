import { z } from 'zod';
import type { SpokenWord } from '../simulated-hearing.js';
import { RecogniserSession, type RecogniserSessionOptions } from '../simulated-recogniser-session.js';
import type { ChosenManners } from './assemblyai-manners.js';
import type { StreamingQuery } from './streaming-query.js';

/** Limits of a message of audio: close code 3007. */
const leastMs = 50;
const mostMs = 1000;
/** From the end of a turn to its formatted repetition. */
const formattingMs = 60;

const control = z.looseObject({ type: z.string() });

/** One session of the simulated AssemblyAI. */
export class AssemblyAiSession extends RecogniserSession {
  readonly query: StreamingQuery;
  readonly manners: ChosenManners;
  protected readonly halfMessage = '{"type":"Turn","turn_or';
  #turn = 0;
  #hasBegun = false;

  constructor(query: StreamingQuery, manners: ChosenManners, options: RecogniserSessionOptions) {
    super(options);
    this.query = query;
    this.manners = manners;
    this.greet({ type: 'Begin', id: sessionId, expires_at: 1_759_796_682 });
  }

  protected take(data: Buffer, isBinary: boolean): void {
    if (isBinary) return this.#hearMessage(data);
    const message = readControl(data.toString());
    if (!message) return this.#refuse(3006, `Invalid JSON: ${data.toString()}`);
    this.controls.push(message.type);
    const atSec = this.positionSec;
    switch (message.type) {
      case 'ForceEndpoint':
        return this.whenKnown(this.options.latencies.flushMs, () => this.#endTurn(atSec, true));
      case 'Terminate':
        return this.whenKnown(0, () => this.#terminate());
      case 'UpdateConfiguration':
      case 'KeepAlive':
        return;
      default:
        return this.#refuse(3006, `Invalid Message Type: ${message.type}`);
    }
  }

  protected sayPartial(words: readonly SpokenWord[]): void {
    const { partials, extras } = this.manners;
    if (partials === 'none') return;
    if (extras && !this.#hasBegun)
      this.send({ type: 'SpeechStarted', timestamp: Math.round((words[0]?.startSec ?? 0) * 1000) });
    this.#hasBegun = true;
    const isOlder = !this.query.isAlwaysFormatted;
    const final = isOlder ? words.slice(0, -1) : words;
    const turn = this.#turnOf(words, { isEnd: false, isFormatted: false, text: textOf(final) });
    this.send(turn);
    if (partials === 'repeated') this.send(turn);
  }

  protected speechEnded(): void {
    const atSec = this.positionSec;
    this.whenKnown(0, () => this.#endTurn(atSec, false));
  }

  protected closeAsFailed(): void {
    this.failWith(3005, 'Session Cancelled: An error occurred');
  }

  /** Ends the session with an error. */
  failWith(code: number, reason: string): void {
    if (this.manners.errors === 'frame') this.sendText(JSON.stringify(errorMessage(code, reason)));
    this.closeSocket(code, closeReason(reason));
    this.dispose();
  }

  #hearMessage(data: Buffer): void {
    const lengthMs = this.lengthMs(data);
    if (lengthMs < leastMs - 0.01 || lengthMs > mostMs + 0.01)
      return this.#refuse(
        3007,
        `Input Duration Error: Input Duration Violation: ${lengthMs.toFixed(1)} ms. Expected between ${leastMs} and ${mostMs} ms`,
      );
    if (this.controls.includes('Terminate')) this.options.onProblem('Audio came after Terminate.');
    this.hear(data);
  }

  #endTurn(toSec: number, isForced: boolean): void {
    const words = this.wordsUntil(toSec);
    this.finalSec = Math.max(this.finalSec, toSec);
    const { outsideTurn, extras, formatted } = this.manners;
    if (words.length === 0 && !(isForced && outsideTurn === 'empty')) return;
    const { isAlwaysFormatted, formatsTurns } = this.query;
    if (extras) this.send({ type: 'Sentiment', of: [{ next: 'year' }], turn_order: null });
    const text = textOf(words);
    this.send(this.#turnOf(words, { isEnd: true, isFormatted: isAlwaysFormatted, text }), true);
    if (formatsTurns && words.length > 0 && formatted === 'follows') {
      const spelled = formattedWords(words);
      const again = this.#turnOf(spelled, { isEnd: true, isFormatted: true, text: textOf(spelled) });
      this.after(formattingMs, () => this.send(again, true));
    }
    this.#turn++;
    this.#hasBegun = false;
  }

  #turnOf(
    words: readonly SpokenWord[],
    {
      isEnd,
      isFormatted,
      text,
    }: { readonly isEnd: boolean; readonly isFormatted: boolean; readonly text: string },
  ): object {
    const { words: manner, extras } = this.manners;
    const timed = words.map(({ word, startSec, endSec }, index) => ({
      text: word,
      ...(manner === 'timed' && { start: Math.round(startSec * 1000), end: Math.round(endSec * 1000) }),
      confidence: 0.99,
      word_is_final: isEnd || index < words.length - 1,
      ...(extras && { speaker: null }),
    }));
    return {
      type: 'Turn',
      turn_order: this.#turn,
      turn_is_formatted: isFormatted,
      end_of_turn: isEnd,
      // Without the list, interim results have all words in the transcript.
      transcript: manner === 'none' ? textOf(words) : text,
      end_of_turn_confidence: isEnd ? 0.9 : 0.01,
      words: manner === 'none' ? [] : timed,
      utterance: isEnd ? text : '',
      ...(extras && { language_code: 'en', language_confidence: 0.98, latency: { model: 0.1 } }),
    };
  }

  #terminate(): void {
    this.#endTurn(this.positionSec, false);
    this.send({
      type: 'Termination',
      audio_duration_seconds: Math.round(this.seconds),
      session_duration_seconds: Math.round(this.seconds),
    });
    this.closeSocket(1000);
  }

  #refuse(code: number, reason: string): void {
    this.options.onProblem(reason);
    this.failWith(code, reason);
  }
}

/** On every session. */
const sessionId = 'de5d9927-simulated';

/** The message that precedes the close of a failed session. */
export function errorMessage(code: number, error: string): object {
  return { type: 'Error', error_code: code, error };
}

/** A close's reason has at most 123 bytes; AssemblyAI replaces longer ones. */
export function closeReason(reason: string): string {
  return Buffer.byteLength(reason) > 123 ? 'See Error message for details' : reason;
}

function textOf(words: readonly SpokenWord[]): string {
  return words.map(({ word }) => word).join(' ');
}

function formattedWords(words: readonly SpokenWord[]): SpokenWord[] {
  return words.map((spoken, index) => {
    const begun = index === 0 ? spoken.word.charAt(0).toUpperCase() + spoken.word.slice(1) : spoken.word;
    return { ...spoken, word: index === words.length - 1 ? `${begun}.` : begun };
  });
}

function readControl(text: string): z.infer<typeof control> | null {
  try {
    const parsed = control.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}
