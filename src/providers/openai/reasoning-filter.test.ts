import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { openAiManners } from '../../simulators/openai/openai-manners.js';
import { reasoningBefore } from '../../simulators/openai/openai-shapes.js';
import { ReasoningFilter } from './reasoning-filter.js';

interface Filtered {
  readonly said: string;
  readonly reasoning: string;
}

function filtered(pieces: readonly string[], filter = new ReasoningFilter()): Filtered {
  let said = '';
  let reasoning = '';
  for (const event of [...pieces.flatMap((piece) => filter.push(piece)), ...filter.end()]) {
    if (event.type === 'reasoning' && event.soFar) {
      reasoning += said;
      said = '';
    } else if (event.type === 'reasoning') reasoning += event.text;
    else if (event.type === 'token') said += event.text;
  }
  return { said, reasoning };
}

/** The text, cut at these shares of its length. */
function cutAt(text: string, shares: readonly number[]): string[] {
  const places = shares.map((share) => Math.floor(share * text.length)).sort((a, b) => a - b);
  return [...places, text.length].map((end, index) => text.slice(places[index - 1] ?? 0, end));
}

const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 });
const answer = 'Is 3 < 4, or [1]? Which day suits you?';

describe('a reasoning filter', () => {
  it.each(openAiManners.filter((manner) => reasoningBefore(manner).tags !== ''))(
    'finds the answer behind %s, wherever that is cut',
    (manner) => {
      const { tags } = reasoningBefore(manner);
      fc.assert(
        fc.property(cuts, (shares) => {
          const { said, reasoning } = filtered(cutAt(tags + answer, shares));
          expect(said).toBe(answer);
          expect(reasoning).toContain('the caller wants something');
        }),
      );
    },
  );

  it.each(['<think >', '<THINK\n>', '< think>', '<think effort="low" budget=3>', '<Seed:Think\t>'])(
    'takes %j for an opening tag, with any closing one',
    (opening) => {
      for (const closing of ['</think>', '</ Think >', '</THINK\n>', '< /think>'])
        expect(filtered(Array.from(`${opening}hm${closing}${answer}`))).toEqual({
          said: answer,
          reasoning: 'hm',
        });
    },
  );

  it.each([
    ['<thinker>a</thinker>'],
    ['I <think so, and 3 < 4.'],
    [`<think ${'x'.repeat(500)}>`],
    ['<think'],
    ['a < / b'],
  ])('leaves %j as it is', (text) => {
    expect(filtered(Array.from(text))).toEqual({ said: text, reasoning: '' });
  });

  it('passes over a tag that opens and closes in one', () => {
    expect(filtered(Array.from(`<think/>${answer}`))).toEqual({ said: answer, reasoning: '' });
  });

  it('leaves any text without tags as it is, and loses nothing of it', () => {
    const text = fc.string({ unit: fc.constantFrom('a', ' ', '<', '>', '[', ']', '/', '|', 'th', '◁', 'é') });
    fc.assert(
      fc.property(text, cuts, (written, shares) => {
        expect(filtered(cutAt(written, shares))).toEqual({ said: written, reasoning: '' });
      }),
    );
  });

  it.each([
    ['a < b', ['a < b']],
    ['it costs <', ['it costs ', '<']],
    ['a [1] b', ['a [1] b']],
    ['<b>bold</b>', ['<b>bold</b>']],
  ])('gives %j at once but for what may still become a tag', (text, expected) => {
    const filter = new ReasoningFilter();
    const events = [...filter.push(text), ...filter.end()];
    expect(events.map((event) => 'text' in event && event.text)).toEqual(expected);
  });

  it('holds back a "<" only until the next character shows that it begins no tag', () => {
    const filter = new ReasoningFilter();
    expect(filter.push('3 <')).toEqual([{ type: 'token', text: '3 ' }]);
    expect(filter.push(' 4')).toEqual([{ type: 'token', text: '< 4' }]);
  });

  it('that expects reasoning at once says nothing before the closing tag, and all of it where none comes', () => {
    const filter = new ReasoningFilter(true);
    expect(filter.push('Hm. ')).toEqual([]);
    expect(filter.push('Yes.</think>\nFriday?')).toEqual([
      { type: 'reasoning', text: 'Hm. Yes.' },
      { type: 'token', text: 'Friday?' },
    ]);
    expect(filtered(['Friday', '?'], new ReasoningFilter(true))).toEqual({ said: 'Friday?', reasoning: '' });
  });

  it('takes a closing tag for a stray one where the reasoning came apart from the text', () => {
    const filter = new ReasoningFilter();
    filter.pushReasoning('hm');
    expect(filter.push('Friday?</think>')).toEqual([{ type: 'token', text: 'Friday?' }]);
  });
});
