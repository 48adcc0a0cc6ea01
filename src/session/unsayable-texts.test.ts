import { describe, expect, it } from '@jest/globals';
import { localTextToSpeech } from '../providers/local/tts/local-text-to-speech.js';
import { supervisedTextToSpeech } from '../fallback/tts/supervised-text-to-speech.js';
import type { TextToSpeech } from '../providers/text-to-speech.js';
import { VirtualClock } from '../simulators/virtual-clock.js';
import { defaultTurnTaking } from './turn-taking/turn-taking.js';
import { unsayableTexts } from './unsayable-texts.js';

const hindi = 'क्षमा करें, कुछ गलत हो गया।';
const local = localTextToSpeech();
const clock = new VirtualClock();
const polyglot: TextToSpeech = {
  name: 'polyglot',
  produces: { encodings: ['linear16'], sampleRatesHz: 'any' },
  open: () => ({ write: () => undefined, end: () => undefined, close: () => undefined }),
};

function fieldsOf(
  texts: { greeting?: string; apology?: string; filler?: string; reprompt?: string },
  tts: TextToSpeech,
  fallbackVoice: TextToSpeech | null = local,
): string[] {
  const { greeting = '', apology = 'Sorry.', filler = 'One moment.', reprompt = 'Sorry?' } = texts;
  return unsayableTexts({
    agent: {
      ...{ systemPrompt: '', greeting, apology, filler, language: 'hi', tools: {} },
      ...{ afterFailure: null, fillerAfterMs: 0, reasoningEvents: false },
    },
    tts,
    fallbackVoice,
    turnTaking: { ...defaultTurnTaking, reprompt },
  }).map(({ field, message }) => `${field} ${/"(.*)"/.exec(message)?.[1] ?? ''}`);
}

describe('what the agent is to say and its voices cannot', () => {
  it('is told for the embedded voice, in each of the fields', () => {
    const texts = { greeting: 'नमस्ते', apology: hindi, filler: 'Ein क्षण', reprompt: 'क्या?' };
    expect(fieldsOf(texts, local)).toEqual([
      'agent.greeting नमस्ते',
      'agent.filler क्षण',
      'turnTaking.reprompt क्या?',
      `agent.apology ${hindi}`,
    ]);
  });

  it("is told for the voice that speaks the apology in another's place, and for each in a list", () => {
    expect(fieldsOf({ greeting: 'नमस्ते', apology: hindi }, polyglot)).toEqual([`agent.apology ${hindi}`]);
    expect(fieldsOf({ greeting: 'नमस्ते', apology: hindi }, polyglot, polyglot)).toEqual([]);
    const list = supervisedTextToSpeech({ candidates: [{ provider: polyglot }, { provider: local }], clock });
    expect(fieldsOf({ greeting: 'Привет, 世界' }, list)).toEqual(['agent.greeting Привет, 世界']);
  });

  it('is nothing where the letters are Latin, and without an agent', () => {
    expect(fieldsOf({ greeting: 'Grüß Gott, à bientôt, 5 €' }, local)).toEqual([]);
    expect(
      unsayableTexts({ agent: null, tts: local, fallbackVoice: null, turnTaking: defaultTurnTaking }),
    ).toEqual([]);
  });
});
