import type { Transport } from '../transport/transport.js';
import type { VoiceActivityDetector } from '../vad/voice-activity-detector.js';
import type { VoiceCheck } from '../vad/voice-check.js';
import { CallVoice, matchVoice } from './call-voice.js';
import type { SessionParts } from './session-parts.js';

/** What a call needs before it can begin. */
export interface PreparedCall {
  readonly vad: VoiceActivityDetector;
  /** Null: every sound that the detector takes for speech is speech. */
  readonly voiceCheck: VoiceCheck | null;
  readonly voice: CallVoice;
  /** Frees it, if the call does not begin. */
  close(): void;
}

/** Makes the detectors of a call, and whatever converts between the rates of transport and providers. */
export async function prepareCall(
  parts: Pick<SessionParts, 'voiceChecking' | 'vad' | 'stt' | 'tts'>,
  { inputFormat, outputFormat }: Transport,
): Promise<PreparedCall> {
  const voiceCheck = (await parts.voiceChecking?.create()) ?? null;
  const vad = await parts.vad.create();
  try {
    const { stt, tts } = parts;
    await stt.prepare?.(inputFormat);
    const voice = new CallVoice(await matchVoice(tts, outputFormat));
    const close = (): void => {
      vad.close();
      voice.close();
    };
    return { vad, voiceCheck, voice, close };
  } catch (thrown) {
    vad.close();
    throw thrown;
  }
}
