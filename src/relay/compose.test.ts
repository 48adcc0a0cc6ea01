import { describe, expect, it } from '@jest/globals';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { systemClock } from '../core/clock.js';
import { defaultTurnTaking, type TurnTaking } from '../session/turn-taking/turn-taking.js';
import { KeepingEar, lightSession, toneVoice } from '../../test/harness/light-relay.js';
import { ProviderError, type ProviderErrorCategory } from '../core/errors.js';
import { defineProvider } from '../providers/provider-definition.js';
import { z } from 'zod';
import { VirtualClock } from '../simulators/virtual-clock.js';
import { Providers } from './compose.js';
import { resolveConfig, type ResolvedConfig } from './config/config.js';

/** The turn taking of a session with this recogniser and these thresholds. */
function turnTakingOf(stt: KeepingEar, turnTaking?: Partial<TurnTaking>): TurnTaking {
  const config = resolveConfig({ ...lightSession(stt), ...(turnTaking && { turnTaking }) });
  return new Providers(systemClock).parts(config, '00000000').turnTaking;
}

class SlowEar extends KeepingEar {
  readonly finalTimeoutMs = 1500;
}

describe('the turn taking of a session', () => {
  it('has defaults', () => {
    expect(turnTakingOf(new KeepingEar())).toEqual(defaultTurnTaking);
  });

  it('knows the digits of the language that the agent speaks', () => {
    const agent = { systemPrompt: 'Hallo.', language: 'de-CH' };
    const config = resolveConfig({ ...lightSession(new KeepingEar()), agent });
    expect(new Providers(systemClock).parts(config, '00000000').turnTaking.digitWords).toContain('vier');
    const digitWords = ['nolla', 'yksi', 'kaksi'];
    expect(turnTakingOf(new KeepingEar(), { digitWords }).digitWords).toEqual(digitWords);
  });

  it('waits for a final as long as the recogniser asks for, and as long as the user says before that', () => {
    expect(turnTakingOf(new SlowEar()).finalTimeoutMs).toBe(1500);
    expect(turnTakingOf(new SlowEar(), { finalTimeoutMs: 700 }).finalTimeoutMs).toBe(700);
    expect(turnTakingOf(new SlowEar(), { endSilenceMs: 300 })).toEqual({
      ...defaultTurnTaking,
      finalTimeoutMs: 1500,
      endSilenceMs: 300,
    });
  });
});

describe('the start', () => {
  /** A config whose voice is the user's own; its probe fails so, or not at all. */
  function withVoice(category: ProviderErrorCategory | null, probes: AbortSignal[]): ResolvedConfig {
    const voice = defineProvider({
      kind: 'tts',
      name: 'acme',
      fields: { voice: z.string().optional() },
      create: () => ({
        name: 'acme',
        produces: { encodings: ['linear16'], sampleRatesHz: 'any' },
        open: () => {
          throw new Error('It is not used.');
        },
        probe: (signal): Promise<void> => {
          probes.push(signal);
          if (category === null) return Promise.resolve();
          return Promise.reject(new ProviderError('No.', { kind: 'tts', provider: 'acme', category }));
        },
      }),
    });
    const config = { ...lightSession(new KeepingEar()), providers: [voice], tts: voice.config() };
    return resolveConfig(config);
  }

  it('probes a provider of the user’s own once, for all transports', async () => {
    const probes: AbortSignal[] = [];
    const [providers, config] = [new Providers(systemClock), withVoice(null, probes)];
    await Promise.all([providers.warmUp(config), providers.warmUp({ ...config, type: 'webrtc' })]);
    expect(probes).toHaveLength(1);
    await providers.close();
  });

  it.each(['auth', 'bad_request'] as const)('ends where its probe tells %s', async (category) => {
    const providers = new Providers(systemClock);
    await expect(providers.warmUp(withVoice(category, []))).rejects.toMatchObject({ category });
    await providers.close();
  });

  it.each(['connection', 'timeout', 'server', 'rate_limit'] as const)(
    'goes on where its probe tells %s, which may pass',
    async (category) => {
      const providers = new Providers(systemClock);
      expect(await providers.warmUp(withVoice(category, []))).toEqual([]);
      await providers.close();
    },
  );
});

describe('the end of a relay', () => {
  const noVoice = (): never => {
    throw new Error('No sound today.');
  };
  const formats = { encodings: ['linear16', 'mulaw'], sampleRatesHz: [8000] } as const;

  it('closes the providers that it made, and none that the user brought', async () => {
    const closed: string[] = [];
    const made = defineProvider({
      kind: 'tts',
      name: 'acme',
      fields: {},
      create: () => ({
        name: 'acme',
        produces: formats,
        open: noVoice,
        close: () => Promise.resolve(void closed.push('made')),
      }),
    });
    const lent = {
      name: 'lent',
      produces: formats,
      open: noVoice,
      close: () => Promise.resolve(void closed.push('lent')),
    };
    const config = { ...lightSession(), providers: [made], tts: [lent, made.config()] };
    const providers = new Providers(systemClock);
    providers.parts(resolveConfig(config), '00000000');
    await providers.close();
    expect(new Set(closed)).toEqual(new Set(['made']));
  });

  it.each<[string, () => Promise<void>]>([
    ['fails to close', () => Promise.reject(new Error('It cannot be closed.'))],
    ['never closes', () => new Promise(() => undefined)],
  ])('comes, though a provider of the user’s own %s', async (_, close) => {
    const clock = new VirtualClock();
    let opened = 0;
    const made = defineProvider({
      kind: 'tts',
      name: 'acme',
      fields: {},
      create: () => {
        opened++;
        return { name: 'acme', produces: formats, open: noVoice, close };
      },
    });
    const providers = new Providers(clock);
    const config = { ...lightSession(), providers: [made], tts: made.config() };
    providers.parts(resolveConfig(config), '00000000');
    const closed = providers.close();
    await nextTurn();
    clock.advance(5000);
    await closed;
    expect({ opened, timers: clock.pendingTimers }).toEqual({ opened: 1, timers: 0 });
  });

  it('ends the probes of providers that the user brought', async () => {
    const clock = new VirtualClock();
    const probes: AbortSignal[] = [];
    const probe = (signal: AbortSignal): Promise<void> => {
      probes.push(signal);
      return new Promise(() => undefined);
    };
    const lent = { name: 'lent', produces: formats, open: noVoice, probe };
    const providers = new Providers(clock);
    const config = resolveConfig({ ...lightSession(), tts: [lent, toneVoice] });
    const { tts } = providers.parts(config, '00000000');
    const format = { encoding: 'mulaw', sampleRateHz: 8000 } as const;
    const speak = () => tts.open({ format, signal: new AbortController().signal, onEvent: () => undefined });
    speak();
    await Promise.resolve();
    clock.advance(60_000);
    speak();
    expect(probes.map(({ aborted }) => aborted)).toEqual([false]);
    await providers.close();
    expect(probes.map(({ aborted }) => aborted)).toEqual([true]);
  });
});
