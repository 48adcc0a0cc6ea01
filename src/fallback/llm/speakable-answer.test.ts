import { describe, expect, it } from '@jest/globals';
import { SpeakableAnswer } from './speakable-answer.js';

function start(): { answer: SpeakableAnswer; examined: () => number } {
  let examined = 0;
  const isSpeakable = (text: string): boolean => {
    examined += text.length;
    return /\p{L}/u.test(text);
  };
  const request = { messages: [], tools: [], signal: new AbortController().signal, isSpeakable };
  return { answer: new SpeakableAnswer(request, 'openai', false), examined: () => examined };
}

describe('an answer without a word', () => {
  it.each([' '.repeat(80), '\n', '**', '😀', '\u200b', '---'])(
    'is held back in linear time, however many tokens %j come, and given whole with its first word',
    (token) => {
      const work = (tokens: number): number => {
        const { answer, examined } = start();
        for (let count = 0; count < tokens; count++) answer.take({ type: 'token', text: token });
        expect(answer.take({ type: 'token', text: 'Hello' })).toEqual([
          { type: 'token', text: `${token.repeat(tokens)}Hello` },
        ]);
        return examined();
      };
      const [some, twice] = [work(600), work(1200)];
      expect(twice / some).toBeLessThan(2.6);
    },
  );

  it('ends as one that can be asked for again', () => {
    const { answer } = start();
    for (let count = 0; count < 600; count++) answer.take({ type: 'token', text: ' \n' });
    expect(() => answer.take({ type: 'done', finishReason: 'stop' })).toThrow(/without anything to say/);
  });
});
