// An agent that needs no speech model, for tests of everything around a call: `hzrelay dev` and `hzrelay replay` with it
// start in half of the processor time. It is CommonJS because that runs without a compiler, which takes as long to load as
// all else. It hears "friday" in whatever is said, and says it back as a tone.

const wordsHeard = 'friday';
const msPerCharacter = 70;

/** @type {import('hzrelay').SpeechToText} */
const stt = {
  name: 'light-ear',
  accepts: { encodings: ['mulaw', 'linear16'], sampleRatesHz: 'any' },
  open({ onEvent, signal }) {
    const later = (event) => queueMicrotask(() => signal.aborted || onEvent(event));
    return {
      write: () => undefined,
      speechStarted: () => later({ type: 'partial', text: wordsHeard }),
      flush: () => later({ type: 'final', text: wordsHeard, endOfUtterance: true }),
      close: () => Promise.resolve(),
    };
  },
};

const llm = ({ messages }) => messages.at(-1).content;

/** @type {import('hzrelay').TextToSpeech} */
const tts = {
  name: 'light-voice',
  produces: { encodings: ['linear16'], sampleRatesHz: 'any' },
  open({ format: { sampleRateHz }, onEvent, signal }) {
    let chunk = 0;
    const later = (event) => queueMicrotask(() => signal.aborted || onEvent(event));
    return {
      write(text) {
        const length = Math.round((text.length * msPerCharacter * sampleRateHz) / 1000);
        const samples = Int16Array.from({ length }, (_, i) => (i % 40 < 20 ? 4000 : -4000));
        later({ type: 'audio', chunk, frame: { samples, sampleRateHz } });
        later({ type: 'chunk_done', chunk: chunk++ });
      },
      end: () => later({ type: 'done' }),
      close: () => undefined,
    };
  },
};

module.exports = {
  agent: { systemPrompt: 'Say back what you were told.', greeting: 'Hello.' },
  stt,
  llm,
  tts,
};
