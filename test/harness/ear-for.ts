/**
 * A recogniser for calls whose words the test knows, and that are about something else: it takes no time, while the embedded
 * one costs most of a call.
 */
import { readFileSync } from 'node:fs';
import { ScriptedSpeechToText } from './scripted-speech-to-text.js';

interface Fixture {
  readonly file: string;
  readonly text: string;
}

const manifest = JSON.parse(
  readFileSync(new URL('../../fixtures/manifest.json', import.meta.url), 'utf8'),
) as readonly Fixture[];
const texts = new Map(manifest.map(({ file, text }) => [file, text]));

/**
 * Gives, each time the caller has stopped, the words of the next of these recordings, and then none. So it suits recordings
 * without a pause in them, each of which is said once. Throws an Error for a recording without an entry in the manifest.
 */
export function earFor(...names: readonly string[]): ScriptedSpeechToText {
  const words = names.map((name) => {
    const text = texts.get(`audio/${name}.wav`);
    if (text === undefined) throw new Error(`fixtures/manifest.json has no ${name}.wav.`);
    return text;
  });
  return new ScriptedSpeechToText({
    onOpen: (stream) => {
      stream.flush = () => queueMicrotask(() => stream.answer(words.shift() ?? ''));
    },
  });
}
