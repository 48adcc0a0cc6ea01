import type { AudioFormat, AudioFrame } from '../../audio/audio-frame.js';
import { localSpeechToText } from '../../providers/local/stt/local-speech-to-text.js';
import type { SpeechToText } from '../../providers/speech-to-text.js';
import { localTextToSpeech } from '../../providers/local/tts/local-text-to-speech.js';
import type { TextToSpeech } from '../../providers/text-to-speech.js';
import { defaultTurnTaking } from '../../session/turn-taking/turn-taking.js';
import { sileroVoiceCheck } from '../../vad/silero/silero.js';
import { orAborted } from '../exit.js';
import type { Check } from './check.js';

const word = 'friday';
const format: AudioFormat = { encoding: 'linear16', sampleRateHz: 8000 };

/** Whether the embedded recogniser understands a word of the embedded voice, in which a voice is heard. */
export function speechCheck(): Check {
  return {
    name: 'speech',
    async run(signal) {
      const tts = localTextToSpeech({ workers: 1 });
      const stt = localSpeechToText({ workers: 1 });
      try {
        const frames = await orAborted(spoken(tts, signal), signal);
        const check = await sileroVoiceCheck().create();
        for (const frame of frames) check.push(frame);
        const isVoice = check.voiceProbability() >= defaultTurnTaking.voiceThreshold;
        const heard = await orAborted(recognised(stt, frames, signal), signal);
        if (!isVoice)
          return {
            status: 'problem',
            message: 'The network that tells voices from other sounds did not hear the embedded voice.',
            remedy: 'Reinstall with: npm ci',
          };
        if (heard === word)
          return {
            status: 'ok',
            message: `The embedded voice said “${word}”, the embedded recogniser heard it.`,
          };
        return {
          status: 'problem',
          message: `The embedded voice said “${word}”, the embedded recogniser heard “${heard}”.`,
          remedy: 'Reinstall with: npm ci',
        };
      } finally {
        await Promise.all([tts.close(), stt.close()]);
      }
    },
  };
}

function spoken(tts: TextToSpeech, signal: AbortSignal): Promise<AudioFrame[]> {
  return new Promise((resolve, reject) => {
    const frames: AudioFrame[] = [];
    const stream = tts.open({
      format,
      signal,
      onEvent(event) {
        if (event.type === 'audio') frames.push(event.frame);
        else if (event.type === 'done') resolve(frames);
        else if (event.type === 'error') reject(event.error);
      },
    });
    stream.write(word);
    stream.end();
  });
}

function recognised(stt: SpeechToText, frames: readonly AudioFrame[], signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const stream = stt.open({
      format,
      signal,
      onEvent(event) {
        if (event.type === 'final') resolve(event.text);
        else if (event.type === 'error') reject(event.error);
      },
    });
    const pause: AudioFrame = {
      samples: new Int16Array(format.sampleRateHz / 5),
      sampleRateHz: format.sampleRateHz,
    };
    stream.write(pause);
    stream.speechStarted?.();
    for (const frame of frames) stream.write(frame);
    stream.write(pause);
    stream.flush();
  });
}
