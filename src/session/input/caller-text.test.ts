import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { commitSilenceMs, confirmsSpeech, isBackchannel, words } from './caller-text.js';
import { defaultTurnTaking as turnTaking } from '../turn-taking/turn-taking.js';

const { backchannels, endSilenceMs, unfinishedPhraseMs, digitRunMs } = turnTaking;

describe('words', () => {
  it.each([
    ['Book my appointment, please!', ['book', 'my', 'appointment', 'please']],
    ["at ten o'clock", ['at', 'ten', "o'clock"]],
    ['uh-huh', ['uh', 'huh']],
    ['Größe 42', ['größe', '42']],
    ['cafe\u0301 नमस्ते', ['cafe\u0301', 'नमस्ते']],
    [' … ', []],
  ])('of %j are %j', (text, expected) => {
    expect(words(text)).toEqual(expected);
  });
});

describe('a backchannel', () => {
  it.each(['uh huh', 'Uh-huh.', 'mhm', 'okay, okay', 'oh I see', 'um hum right'])('is: %s', (text) => {
    expect(isBackchannel(text, backchannels)).toBe(true);
  });

  it.each(['', '…', 'no', 'okay friday', 'I see you', 'huh'])('is not: %j', (text) => {
    expect(isBackchannel(text, backchannels)).toBe(false);
  });

  it('is any series of the listed phrases, however it is written', () => {
    const series = fc.array(fc.constantFrom(...backchannels), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(series, (phrases) => {
        expect(isBackchannel(phrases.join(', ').toUpperCase(), backchannels)).toBe(true);
      }),
    );
  });

  it('never is where the list is empty or holds blanks', () => {
    expect(isBackchannel('uh huh', [])).toBe(false);
    expect(isBackchannel('uh huh', ['', ' '])).toBe(false);
  });
});

describe('two partials confirm an interruption', () => {
  it.each([
    ['no wait', 'no wait please', true],
    ['uh huh no wait', 'uh huh no wait', true],
    ['No, wait.', 'no wait', true],
    ['no', 'no wait', false],
    ['', 'no wait please', false],
    ['on wait', 'no wait', false],
    ['uh huh', 'uh huh', false],
    ['okay no', 'okay no', false],
  ])('%j then %j: %s', (previous, current, expected) => {
    expect(confirmsSpeech(previous, current, turnTaking)).toBe(expected);
  });

  it('with as many words as the config asks for', () => {
    expect(confirmsSpeech('no', 'no', { ...turnTaking, bargeInWords: 1 })).toBe(true);
    expect(confirmsSpeech('no wait', 'no wait', { ...turnTaking, bargeInWords: 3 })).toBe(false);
  });
});

describe('the silence before a commit', () => {
  it.each([
    ['book my appointment', endSilenceMs],
    ['', endSilenceMs],
    ['I need an appointment for', unfinishedPhraseMs],
    ['Book it with the…', unfinishedPhraseMs],
    ['for', endSilenceMs],
    ['my number is five five', digitRunMs],
    ['5 5 5', digitRunMs],
    ['555', digitRunMs],
    ['at five', endSilenceMs],
    ['5', digitRunMs],
    ['My phone number is', unfinishedPhraseMs],
    ['Yes, it is', endSilenceMs],
    ['yes it’s', unfinishedPhraseMs],
    ['at 10:30', endSilenceMs],
    ['10:30', endSilenceMs],
  ])('after %j is %i ms', (text, expected) => {
    expect(commitSilenceMs(text, turnTaking)).toBe(expected);
  });

  it('is never shorter than the silence that ends speech', () => {
    const slow = { ...turnTaking, endSilenceMs: 3000 };
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(commitSilenceMs(text, slow)).toBe(3000);
      }),
    );
  });
});
