import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { UsageError } from '../exit.js';
import { phoneNumber } from './phone-number.js';

describe('a phone number', () => {
  it.each([
    ['+15551234567', '+15551234567'],
    ['+1 (555) 123-4567', '+15551234567'],
    ['+49 30 / 1234', null],
    ['+44.20.7946.0018', '+442079460018'],
    ['+1\u2011555\u2011123\u20114567', '+15551234567'],
  ])('may be written as %s', (text, number) => {
    if (number === null) expect(() => phoneNumber(text, 'It')).toThrow(UsageError);
    else expect(phoneNumber(text, 'It')).toBe(number);
  });

  it.each([
    ['5551234567', /in North America that is \+15551234567\./],
    ['1 555 123 4567', /in North America that is \+15551234567\./],
    ['0049301234567', /\+ in place of 00: \+49301234567\./],
    ['030 1234567', /with \+ and the country code/],
    ['+1', /too few digits/],
    ['+1234567890123456', /more than fifteen digits/],
    ['+0301234567', /Give \+, country code/],
    ['+1800FLOWERS', /Give \+, country code/],
    ['', /Give \+, country code/],
  ])('is not written as %j, and what to write instead is said', (text, remedy) => {
    expect(() => phoneNumber(text, '--from')).toThrow(remedy);
    expect(() => phoneNumber(text, '--from')).toThrow(/^--from '/);
  });

  it('is the same however it is broken up', () => {
    const digits = fc.stringMatching(/^[1-9]\d{6,14}$/);
    const gaps = fc.array(fc.constantFrom('', ' ', '-', '.', '(', ')'), { minLength: 15, maxLength: 15 });
    fc.assert(
      fc.property(digits, gaps, (number, between) => {
        const written = Array.from(number, (digit, index) => `${digit}${between[index] ?? ''}`).join('');
        expect(phoneNumber(`+${written}`, 'It')).toBe(`+${number}`);
      }),
    );
  });
});
