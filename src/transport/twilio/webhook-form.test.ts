import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { fieldOf, maxFormFields, readWebhookForm } from './webhook-form.js';

describe('a webhook’s form', () => {
  it('has all fields, and both values of a repeated one', () => {
    const form = readWebhookForm('From=%2B15550100001&To=a+b&a=2&a=1&a=2&empty=&alone');
    expect({ ...form }).toEqual({
      From: '+15550100001',
      To: 'a b',
      a: ['2', '1', '2'],
      empty: '',
      alone: '',
    });
    expect(form && fieldOf(form, 'a')).toBe('2');
    expect(form && fieldOf(form, 'none')).toBeUndefined();
  });

  it('is read up to a limit of fields that no real call reaches', () => {
    const fields = (count: number): string => Array.from({ length: count }, (_, i) => `k${i}=v`).join('&');
    expect(Object.keys(readWebhookForm(fields(maxFormFields)) ?? {})).toHaveLength(maxFormFields);
    expect(readWebhookForm(fields(maxFormFields + 1))).toBeNull();
    expect(readWebhookForm('&'.repeat(50_000))).toBeNull();
  });

  it('is read without throwing, for any text, and changes no prototype', () => {
    const noise = fc.oneof(
      fc.string(),
      fc.constantFrom('__proto__=x', '%', '%E0%A4%A', '%00=%00', '=&=&', 'constructor[prototype]=1'),
    );
    fc.assert(
      fc.property(
        fc.array(noise).map((parts) => parts.join('&')),
        (text) => {
          const form = readWebhookForm(text);
          if (form)
            for (const value of Object.values(form))
              expect([value].flat().every((one) => typeof one === 'string')).toBe(true);
          expect(({} as Record<string, unknown>).x).toBeUndefined();
        },
      ),
    );
  });
});
