import { describe, expect, it, jest } from '@jest/globals';
import { systemClock } from '../../core/clock.js';
import { ProviderError, type ProviderErrorCategory, type ProviderKind } from '../../core/errors.js';
import type { SessionEvent } from '../../events/session-event.js';
import { functionModel } from '../../providers/function-model.js';
import { defineProvider } from '../../providers/provider-definition.js';
import type { RelaySessionConfig } from '../../relay/config/config.js';
import { ownDrills } from './own-drills.js';
import { OwnProviders } from './own-providers.js';
import type { OwnRun } from './own-verdict.js';
import { requireGood, runOwnDrills } from './run-own-drills.js';

const unheard: OwnRun = {
  caller: { events: [{ type: 'session.end', reason: 'hangup' }] as unknown as SessionEvent[], failure: null },
  faultMs: null,
  recording: null,
  left: [],
  hasSilentRecogniser: false,
};
const check = (run: OwnRun) => (): void => requireGood(run, 'twilio', [{ name: 'book.wav' }]);

describe('a call without a fault whose recogniser gave no words', () => {
  it('asks for a clearer recording where the recogniser answered', () => {
    expect(check(unheard)).toThrow(/understood no word of book\.wav .*Use a recording of clear speech/);
  });

  it('blames the recogniser where it sent no result at all', () => {
    expect(check({ ...unheard, hasSilentRecogniser: true })).toThrow(
      'Your recogniser sent no result for book.wav (twilio), not even an empty one. It must answer every flush() with a final.',
    );
  });
});

describe('drills of providers that a relay would not start with', () => {
  /** A model and a voice whose probes reject so. */
  function sessionOf(category: ProviderErrorCategory): RelaySessionConfig {
    const refuse = (kind: ProviderKind) => (): Promise<void> =>
      Promise.reject(new ProviderError(`The ${kind} said no.`, { kind, provider: 'mine', category }));
    const own = { name: 'mine', fields: {} } as const;
    const llm = defineProvider({
      ...own,
      kind: 'llm',
      create: () => ({ ...functionModel(() => ''), probe: refuse('llm') }),
    });
    const tts = defineProvider({
      ...own,
      kind: 'tts',
      create: () => ({
        name: 'mine',
        produces: { encodings: ['linear16'], sampleRatesHz: 'any' },
        open: () => {
          throw new Error('It is not used.');
        },
        probe: refuse('tts'),
      }),
    });
    return {
      providers: [llm, tts],
      stt: { provider: 'local' },
      llm: llm.config(),
      tts: tts.config(),
      agent: { systemPrompt: 'x' },
    };
  }

  it('end before the first call, with every refusal', async () => {
    const onStart = jest.fn();
    const drilled = runOwnDrills({
      drills: ownDrills,
      session: sessionOf('auth'),
      recordings: new Map([['twilio', []]]),
      onStart,
    });
    await expect(drilled.next()).rejects.toThrow(
      '2 providers cannot be used:\n  The llm said no.\n  The tts said no.',
    );
    expect(onStart).not.toHaveBeenCalled();
  });

  it('go on where a vendor is only out of reach, as a relay does', async () => {
    const providers = new OwnProviders(sessionOf('connection'), 'twilio', systemClock);
    await providers.check();
    await providers.close();
  });

  it('close those that were made before one that cannot be made', () => {
    const close = jest.fn(() => Promise.resolve());
    const llm = defineProvider({
      ...{ name: 'mine', fields: {}, kind: 'llm' },
      create: () => ({ ...functionModel(() => ''), close }),
    });
    const tts = defineProvider({
      ...{ name: 'mine', fields: {}, kind: 'tts' },
      create: () => {
        throw new Error('It has no voices.');
      },
    });
    const session: RelaySessionConfig = {
      ...sessionOf('auth'),
      ...{ providers: [llm, tts], llm: llm.config(), tts: tts.config() },
    };
    expect(() => new OwnProviders(session, 'twilio', systemClock)).toThrow('mine failed: It has no voices.');
    expect(close).toHaveBeenCalledTimes(1);
  });
});
