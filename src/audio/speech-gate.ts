/**
 * Corrects a voice activity detector by loudness. A detector alone reports speech up to 100 ms too long (its hangover),
 * misses an unvoiced last consonant over noise, and takes loud steady noise for speech. Latency is measured from where
 * the caller's voice really stopped.
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

/** One frame's verdict, level and length. */
export interface GatedFrame {
  /** Whether the voice activity detector reports speech. */
  readonly speech: boolean;
  /** RMS level of the frame. */
  readonly levelDbfs: number;
  readonly durationMs: number;
}

/** The peak decays at this rate, so that a caller may go on more softly. */
const peakDecayDbPerSecond = 6;

/** Time constants of the noise estimate. It falls faster than it rises, since noise is the lowest level. */
const noiseRiseMs = 200;
const noiseFallMs = 50;
/** Lower limit of the estimate: after digital silence it must recover quickly. */
const lowestNoiseDbfs = -70;
/** Upper limit of the first estimate, which is the first frame's level: a call may begin in the middle of speech. */
const loudestFirstNoiseDbfs = -35;

/** No consonant is longer than this; longer loud sound without speech is noise. */
const longestCarryMs = 200;

/** A sound whose level varies by less than this within this time is noise, however loud. */
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
   * Whether the next frame is speech; frames come in order. While `speaking`, a loud frame that directly follows speech
   * counts as speech even if the detector rejects it, for at most 200 ms.
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

  /** The noise estimate follows the level down at any time, and up only while there is no speech. */
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
