/**
 * Between the segmenter and turn taking: a stretch of sound begins the caller's speech only if a voice is in it. The
 * check hears that, or the recogniser's words show it. Until then the stretch is held back: turn taking learns nothing
 * of typing, coughs and tones. The recogniser learns of every stretch, so that no words are lost.
 *
 * The recogniser answers flushes in their order, those of held sounds among those of turn taking. So what it says belongs
 * to the oldest flush that it has not answered, else to the stretch that lasts.
 */
import type { AudioFrame } from '../../audio/audio-frame.js';
import type { Clock, Timer } from '../../core/clock.js';
import type { SpeechToTextStream, SttEvent } from '../../providers/speech-to-text.js';
import type { VoiceCheck } from '../../vad/voice-check.js';
import type { TurnTaking } from '../turn-taking/turn-taking.js';
import { confirmsSpeech } from './caller-text.js';
import type { SpeechBoundary } from './speech-segmenter.js';

/** What the recogniser says of words. */
export type WordsEvent = Extract<SttEvent, { readonly type: 'partial' | 'final' }>;

export interface VoiceStartOptions {
  /** Null: every sound is speech. */
  readonly check: VoiceCheck | null;
  readonly turnTaking: TurnTaking;
  readonly clock: Clock;
  /** The recogniser's stream; null while it has none. */
  readonly stream: () => SpeechToTextStream | null;
  /** Passes a boundary of the caller's speech on. */
  readonly tell: (boundary: SpeechBoundary) => void;
  /** Passes the recogniser's words on. */
  readonly onWords: (event: WordsEvent) => void;
  /** A sound was no speech. */
  readonly onIgnored: (onsetMs: number, lastSpeechMs: number) => void;
  /** A sound has lasted for 1.5 s without a voice, in a call that had none so far. Called at most once. */
  readonly onNoVoice: () => void;
}

/** A stretch of sound that is held back. */
interface Sound {
  readonly onsetMs: number;
  /** When the segmenter confirmed it. */
  readonly sinceMs: number;
  /** When its last frame ended, once it is over. */
  readonly lastSpeechMs: number;
}

/** A flush that the recogniser has not answered. */
interface Flush {
  readonly atMs: number;
  /** The held sound that it ended; null if turn taking asked for it. */
  sound: Sound | null;
}

/** A voice is heard within this time of its onset. A sound that was held back for longer is not part of it. */
const onsetBeforeVoiceMs = 200;
/** The check may hear a voice only this long after its onset. */
const longestDoubtMs = 200;
/** A sound without a voice that lasts this long is reported, unless a voice was heard before. */
const longSoundMs = 1500;
/** A flush that has not been answered for this long will not be. */
const unansweredMs = 5000;

export class VoiceStart {
  readonly #options: VoiceStartOptions;
  /** The sound that is held back and lasts. */
  #sound: Sound | null = null;
  /** Whether speech has begun in this call, or a long sound without it was reported. */
  #isSettled = false;
  /** Whether turn taking has been told of speech that lasts. */
  #speaking = false;
  /** The recogniser's latest guess at what is held back. */
  #guess = '';
  #flushes: Flush[] = [];
  /** Waits for the answer about the latest sound that is over. */
  #wait: Timer | null = null;
  /** Whether turn taking is being told what the recogniser knows. */
  #releasing = false;

  constructor(options: VoiceStartOptions) {
    this.#options = options;
  }

  /** Whether a sound has just begun in which the check may still hear a voice. */
  get isTentative(): boolean {
    return this.#sound !== null && this.#nowMs() < this.#sound.sinceMs + longestDoubtMs;
  }

  /** Takes the next frame that ended at `endMs`, and the boundary that it confirmed. */
  push(frame: AudioFrame, endMs: number, boundary: SpeechBoundary | null): void {
    this.#options.check?.push(frame);
    if (boundary) this.take(boundary);
    else if (this.#sound && this.#hearsVoice()) {
      this.#release(this.#sound, { earliestOnsetMs: endMs - onsetBeforeVoiceMs });
      this.#passGuess();
    } else if (this.#sound && !this.#isSettled && this.#nowMs() >= this.#sound.sinceMs + longSoundMs) {
      this.#isSettled = true;
      this.#options.onNoVoice();
    }
  }

  /** Takes a boundary of the segmenter. */
  take(boundary: SpeechBoundary): void {
    switch (boundary.type) {
      case 'start':
        return this.#begins(boundary);
      case 'end':
        return this.#sound ? this.#soundIsOver(this.#sound, boundary.lastSpeechMs) : this.#tell(boundary);
      default:
        if (!this.#sound) this.#tell(boundary);
    }
  }

  /** Turn taking tells the recogniser that speech has begun. Returns whether the recogniser does not know. */
  speechStarted(): boolean {
    return !this.#releasing;
  }

  /** Turn taking asks for the caller's words. Returns whether the recogniser has not been asked for them. */
  flushed(): boolean {
    if (this.#releasing) return false;
    this.#flushes.push({ atMs: this.#nowMs(), sound: null });
    return true;
  }

  /** Takes what the recogniser says; passes on what is of speech. */
  words(event: WordsEvent): void {
    this.#giveUp(({ atMs }) => this.#nowMs() - atMs >= unansweredMs);
    if (event.type === 'partial') this.#guessed(event);
    else this.#recognised(event);
  }

  /** The recogniser's stream has ended: it answers nothing more. */
  restarted(): void {
    this.#giveUp(() => true);
    this.#stopWaiting();
  }

  close(): void {
    this.#stopWaiting();
  }

  #begins(boundary: Extract<SpeechBoundary, { type: 'start' }>): void {
    this.#stopWaiting();
    this.#guess = '';
    if (this.#hearsVoice()) return this.#tell(boundary);
    this.#sound = { onsetMs: boundary.onsetMs, sinceMs: this.#nowMs(), lastSpeechMs: boundary.onsetMs };
    this.#options.stream()?.speechStarted?.();
  }

  #soundIsOver(sound: Sound, lastSpeechMs: number): void {
    this.#sound = null;
    const stream = this.#options.stream();
    if (!stream) return this.#options.onIgnored(sound.onsetMs, lastSpeechMs);
    this.#flushes.push({ atMs: this.#nowMs(), sound: { ...sound, lastSpeechMs } });
    this.#wait = this.#options.clock.setTimer(this.#options.turnTaking.finalTimeoutMs, () => {
      this.#wait = null;
      this.#answerIsOverdue();
    });
    stream.flush();
  }

  /** These flushes get no answer any more. */
  #giveUp(isLost: (flush: Flush) => boolean): void {
    const lost = this.#flushes.filter(isLost);
    if (lost.length === 0) return;
    this.#flushes = this.#flushes.filter((flush) => !lost.includes(flush));
    for (const { sound } of lost) if (sound) this.#options.onIgnored(sound.onsetMs, sound.lastSpeechMs);
  }

  /** As turn taking does with speech whose final is overdue: the recogniser's guess stands in for it. */
  #answerIsOverdue(): void {
    const last = this.#flushes.at(-1);
    if (last?.sound && this.#guess.trim() !== '') this.#release(last.sound, { flush: last, withGuess: true });
  }

  /**
   * In a sound that is held back only words that two guesses agree on show that there was a voice: recognisers guess at
   * noise, too. While speech before it is unanswered, they may be guesses at that.
   */
  #guessed(event: Extract<WordsEvent, { type: 'partial' }>): void {
    const last = this.#flushes.at(-1);
    const sound = this.#sound ?? (this.#speaking ? null : (last?.sound ?? null));
    if (!sound) return this.#options.onWords(event);
    if (this.#flushes.some((flush) => !flush.sound)) return;
    const before = this.#guess;
    this.#guess = event.text;
    if (!confirmsSpeech(before, event.text, this.#options.turnTaking)) return;
    this.#release(sound, sound === last?.sound ? { flush: last } : {});
    // Two guesses confirm an interruption, too.
    this.#options.onWords({ type: 'partial', text: before });
    this.#options.onWords(event);
  }

  #recognised(event: Extract<WordsEvent, { type: 'final' }>): void {
    const { text, endOfUtterance, answersFlush = endOfUtterance } = event;
    const hasWords = text.trim() !== '';
    const [flush] = this.#flushes;
    if (flush && answersFlush) this.#flushes.shift();
    if (!flush?.sound) {
      // Words that nobody asked for are of the stretch that lasts.
      if (!flush && hasWords && this.#sound) this.#release(this.#sound);
      return this.#options.onWords(event);
    }
    if (hasWords) return this.#wordsOf(flush, flush.sound, event);
    if (answersFlush) this.#options.onIgnored(flush.sound.onsetMs, flush.sound.lastSpeechMs);
  }

  /** There were words in a sound that is over. Stretches after it go on with the same words. */
  #wordsOf(flush: Flush, sound: Sound, event: Extract<WordsEvent, { type: 'final' }>): void {
    const last = this.#flushes.at(-1);
    const isLatest = !this.#speaking && !this.#sound && (!last || last === flush);
    if (isLatest) this.#release(sound, { flush });
    else if (this.#sound) this.#release({ ...this.#sound, onsetMs: sound.onsetMs });
    else if (!this.#speaking && last?.sound)
      this.#release({ ...last.sound, onsetMs: sound.onsetMs }, { flush: last });
    this.#options.onWords(isLatest ? event : { ...event, endOfUtterance: false });
  }

  /** Passes a sound on as speech; `flush` ended it, if it is over. */
  #release(
    sound: Sound,
    {
      flush,
      earliestOnsetMs = this.#nowMs() - this.#options.turnTaking.bargeInTimeoutMs,
      withGuess = false,
    }: { readonly flush?: Flush; readonly earliestOnsetMs?: number; readonly withGuess?: boolean } = {},
  ): void {
    this.#stopWaiting();
    if (flush) flush.sound = null;
    else this.#sound = null;
    this.#releasing = true;
    this.#tell({ type: 'start', onsetMs: flush ? sound.onsetMs : Math.max(sound.onsetMs, earliestOnsetMs) });
    if (withGuess) this.#passGuess();
    if (flush) this.#tell({ type: 'end', lastSpeechMs: sound.lastSpeechMs });
    this.#releasing = false;
  }

  #passGuess(): void {
    if (this.#guess !== '') this.#options.onWords({ type: 'partial', text: this.#guess });
  }

  #tell(boundary: SpeechBoundary): void {
    if (boundary.type === 'start') this.#speaking = this.#isSettled = true;
    if (boundary.type === 'end') this.#speaking = false;
    this.#options.tell(boundary);
  }

  #stopWaiting(): void {
    this.#wait?.cancel();
    this.#wait = null;
  }

  #hearsVoice(): boolean {
    const { check, turnTaking } = this.#options;
    return check === null || check.voiceProbability() >= turnTaking.voiceThreshold;
  }

  #nowMs(): number {
    return this.#options.clock.nowMs();
  }
}
