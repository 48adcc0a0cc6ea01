/**
 * Corrects a voice activity detector by loudness. A detector alone is late at the end, since its own hangover says
 * "speech" for up to 100 ms after the last sound; it misses an unvoiced last consonant over noise; and it takes loud
 * steady noise for speech for as long as that lasts. Latency is measured from where the caller's voice really stopped.
 */

/** How loud a frame must be to count as speech. */
export interface SpeechGateOptions {
  /** Quieter frames are never speech. @default -50 */
  readonly floorDbfs?: number;
  /** Frames further than this below the recent peak of the speech are not speech. @default 35 */
  readonly peakSpanDb?: number;
  /** Frames must be this much louder than the background noise. @default 6 */
  readonly noiseMarginDb?: number;
}

/** One frame of audio, as far as loudness is concerned. */
export interface GatedFrame {
  /** What the voice activity detector says. */
  readonly speech: boolean;
  /** RMS level of the frame. */
  readonly levelDbfs: number;
  readonly durationMs: number;
}

/** A loud moment loses its influence at this rate, so that a caller may go on more softly. */
const peakDecayDbPerSecond = 6;

/** Time constants of the noise estimate: it falls faster than it rises, for noise is what is always there. */
const noiseRiseMs = 200;
const noiseFallMs = 50;
/** Digital silence between noise must not drag the estimate so far down that it takes long to come back. */
const lowestNoiseDbfs = -70;
/** A call may begin in the middle of speech: the first frame is taken for noise, but not for louder noise than this. */
const loudestFirstNoiseDbfs = -35;

/** A consonant is no longer than this; what stays loud beyond it without being speech is noise. */
const longestCarryMs = 200;

/** Speech rises and falls by far more than this within such a time; a sound that does not is noise, however loud. */
const steadySpanDb = 9;
const steadyMs = 2000;

/** Follows the levels of one caller. */
export class SpeechGate {
  readonly #floorDbfs: number;
  readonly #peakSpanDb: number;
  readonly #noiseMarginDb: number;
  #peakDbfs = -Infinity;
  #noiseDbfs: number | null = null;
  #wasSpeech = false;
  #carriedMs = 0;
  #quietestDbfs = Infinity;
  #loudestDbfs = -Infinity;
  #watchedMs = 0;

  constructor(options: SpeechGateOptions = {}) {
    this.#floorDbfs = options.floorDbfs ?? -50;
    this.#peakSpanDb = options.peakSpanDb ?? 35;
    this.#noiseMarginDb = options.noiseMarginDb ?? 6;
  }

  /**
   * Whether the next frame is speech; frames come in order. While `speaking`, a frame that the detector rejects still
   * counts if it goes on as loudly from one that was speech.
   */
  isSpeech({ speech, levelDbfs, durationMs }: GatedFrame, speaking: boolean): boolean {
    this.#peakDbfs -= (peakDecayDbPerSecond * durationMs) / 1000;
    if (speech) this.#peakDbfs = Math.max(this.#peakDbfs, levelDbfs);
    this.#noiseDbfs ??= Math.max(lowestNoiseDbfs, Math.min(loudestFirstNoiseDbfs, levelDbfs));
    this.#watchSteadiness(levelDbfs, durationMs);

    const thresholdDbfs = Math.max(
      this.#floorDbfs,
      this.#peakDbfs - this.#peakSpanDb,
      this.#noiseDbfs + this.#noiseMarginDb,
    );
    const loud = levelDbfs > thresholdDbfs;
    const carried = loud && !speech && speaking && this.#wasSpeech && this.#carriedMs < longestCarryMs;
    this.#carriedMs = carried ? this.#carriedMs + durationMs : 0;
    this.#wasSpeech = loud && (speech || carried);
    this.#trackNoise(this.#noiseDbfs, levelDbfs, durationMs, speech || carried);
    return this.#wasSpeech;
  }

  /** Noise is never louder than what is heard, but it may rise only while nobody speaks. */
  #trackNoise(noiseDbfs: number, levelDbfs: number, durationMs: number, voiced: boolean): void {
    const heardDbfs = Math.max(lowestNoiseDbfs, levelDbfs);
    if (heardDbfs > noiseDbfs && voiced) return;
    const timeConstantMs = heardDbfs > noiseDbfs ? noiseRiseMs : noiseFallMs;
    this.#noiseDbfs = noiseDbfs + (heardDbfs - noiseDbfs) * Math.min(1, durationMs / timeConstantMs);
  }

  #watchSteadiness(levelDbfs: number, durationMs: number): void {
    this.#quietestDbfs = Math.min(this.#quietestDbfs, levelDbfs);
    this.#loudestDbfs = Math.max(this.#loudestDbfs, levelDbfs);
    this.#watchedMs += durationMs;
    if (this.#watchedMs < steadyMs) return;
    if (this.#loudestDbfs - this.#quietestDbfs < steadySpanDb)
      this.#noiseDbfs = Math.max(this.#loudestDbfs, lowestNoiseDbfs);
    this.#quietestDbfs = Infinity;
    this.#loudestDbfs = -Infinity;
    this.#watchedMs = 0;
  }
}
