import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { VoiceSettings } from './twilio-account.js';
import {
  isWebhookFile,
  release,
  settingsFor,
  webhookFile,
  withHolder,
  type WebhookHolder,
  type WebhookRecord,
} from './webhook-record.js';

const phoneNumber = '+15550100002';

/** A number, its record, and the processes that use it: what `twilio-webhook.ts` does, without files and requests. */
class HeldNumber {
  settings: VoiceSettings;
  record: WebhookRecord | null = null;
  readonly #alive = new Set<string>();

  constructor(settings: VoiceSettings) {
    this.settings = settings;
  }

  get living(): readonly string[] {
    return [...this.#alive];
  }

  come(id: string): void {
    const holder = { id, pid: 1, voiceUrl: `https://${id}.example/twilio/voice` };
    this.#alive.add(id);
    this.record = withHolder(this.record, holder, { ...this.settings, phoneNumber }, this.#isAlive);
    this.settings = settingsFor(holder.voiceUrl);
  }

  crash(id: string): void {
    this.#alive.delete(id);
  }

  leave(id: string): void {
    this.#alive.delete(id);
    this.cleanUp();
  }

  cleanUp(): void {
    if (!this.record) return;
    const { setTo, holders } = release(this.record, this.settings, this.#isAlive);
    this.settings = setTo ?? this.settings;
    this.record = holders.length > 0 ? { ...this.record, holders } : null;
  }

  readonly #isAlive = ({ id }: WebhookHolder): boolean => this.#alive.has(id);
}

const foreign = fc
  .record({
    host: fc.stringMatching(/^[a-z]{3}$/),
    voiceMethod: fc.constantFrom('GET', 'POST'),
    app: fc.boolean(),
  })
  .map(({ host, voiceMethod, app }) => ({
    voiceUrl: `https://${host}.studio.example/`,
    voiceMethod,
    voiceApplicationSid: app ? 'AP1' : '',
  }));

const step = fc.oneof(
  fc.record({ does: fc.constant('come' as const) }),
  fc.record({ does: fc.constantFrom('leave' as const, 'crash' as const), which: fc.nat(9) }),
  fc.record({ does: fc.constant('set' as const), to: foreign }),
);

it('in the end the number has the last value that others set, whichever processes come, leave or crash', () => {
  fc.assert(
    fc.property(foreign, fc.array(step, { maxLength: 30 }), (initial, steps) => {
      const number = new HeldNumber(initial);
      let setLast = initial;
      for (const [index, taken] of steps.entries()) {
        if (taken.does === 'come') number.come(`relay-${index}`);
        else if (taken.does === 'set') {
          number.settings = taken.to;
          setLast = taken.to;
        } else {
          const { living } = number;
          const id = living[taken.which % Math.max(1, living.length)];
          if (id !== undefined) number[taken.does](id);
        }
        // Only a new holder overwrites a value that others have set.
        if (taken.does !== 'come' && taken.does !== 'set' && number.record === null)
          expect(number.settings).toEqual(setLast);
      }
      for (const id of number.living) number.leave(id);
      number.cleanUp();
      expect(number.settings).toEqual(setLast);
      expect(number.record).toBeNull();
    }),
  );
});

it('calls go to the latest holder of the number, until others change it', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(9), { maxLength: 20 }), (choices) => {
      const number = new HeldNumber({
        voiceUrl: 'https://studio.example/',
        voiceMethod: 'GET',
        voiceApplicationSid: '',
      });
      for (const [index, choice] of choices.entries()) {
        const { living } = number;
        const leaver = living[choice];
        if (leaver === undefined) number.come(`relay-${index}`);
        else number.leave(leaver);
        const latest = number.living.at(-1);
        expect(number.settings.voiceUrl).toBe(
          latest === undefined ? 'https://studio.example/' : `https://${latest}.example/twilio/voice`,
        );
      }
    }),
  );
});

it('a record is of one number of one account', () => {
  const sid = `AC${'0'.repeat(32)}`;
  const name = webhookFile('', sid, phoneNumber);
  expect(name).toBe(`webhook-${sid}-15550100002.json`);
  expect(isWebhookFile(name, sid)).toBe(true);
  expect(isWebhookFile(name, `AC${'1'.repeat(32)}`)).toBe(false);
  expect(isWebhookFile(`${name}.lock`, sid)).toBe(false);
});
