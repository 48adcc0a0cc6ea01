import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { ProviderError } from '../errors.js';
import { startSimulatedVendors, type SimulatedVendors } from '../testing/simulated-vendors.js';
import { VirtualClock } from '../testing/virtual-clock.js';
import { createRelay } from './create.js';
import type { RelaySessionConfig } from './config.js';
import type { Relay } from './relay.js';

const wrong = 'a-wrong-key-2f6c';
let vendors: SimulatedVendors;
let relay: Relay | null = null;

beforeAll(async () => {
  vendors = await startSimulatedVendors();
});
afterEach(() => relay?.close());
afterAll(() => vendors.close());

/** A session with the wrong key for one of its three providers. */
function sessionWith(kind: 'stt' | 'llm' | 'tts'): RelaySessionConfig {
  const { providers } = vendors;
  return { ...providers, [kind]: { ...providers[kind], apiKey: wrong }, agent: { systemPrompt: 'x' } };
}

/** Everything that the vendors were asked so far. */
function asked(kind: 'stt' | 'llm' | 'tts'): number {
  const { deepgram, openai, elevenlabs } = vendors;
  if (kind === 'stt') return deepgram.probes + deepgram.attempts;
  return kind === 'llm' ? openai.probes + openai.requests.length : elevenlabs.probes + elevenlabs.connections;
}

describe('a relay with a wrong key', () => {
  it.each([
    ['stt', 'DEEPGRAM_API_KEY'],
    ['llm', 'OPENAI_API_KEY'],
    ['tts', 'ELEVENLABS_API_KEY'],
  ] as const)(
    'for %s does not start, in no time and after one request, and names %s',
    async (kind, variable) => {
      const clock = new VirtualClock();
      const before = asked(kind);
      relay = createRelay({ port: 0, clock, session: { inbound: { type: 'twilio' }, ...sessionWith(kind) } });
      const error = await relay.listen().then(
        () => null,
        (thrown: unknown) => thrown as ProviderError,
      );
      expect(error).toBeInstanceOf(ProviderError);
      expect(error).toMatchObject({ kind, category: 'auth', retryable: false });
      expect(error!.message).toContain(variable);
      expect(error!.message).not.toContain(wrong);
      expect(clock.nowMs()).toBe(0);
      // A refused handshake is no connection, so that the voice counts none.
      expect(asked(kind) - before).toBe(kind === 'tts' ? 0 : 1);
    },
  );
});

describe('a session that waits for its call with a wrong key', () => {
  it.each([
    ['stt', 'DEEPGRAM_API_KEY'],
    ['llm', 'OPENAI_API_KEY'],
    ['tts', 'ELEVENLABS_API_KEY'],
  ] as const)('for %s ends at once, and its error names %s', async (kind, variable) => {
    relay = createRelay({ port: 0, clock: new VirtualClock() });
    const session = relay.expectCall({ inbound: { type: 'twilio' }, ...sessionWith(kind) });
    const errors: string[] = [];
    session.on('error', ({ message }) => errors.push(message));
    const reasons: string[] = [];
    session.on('session.end', ({ reason }) => reasons.push(reason));
    await relay.listen();
    await session.closed;
    expect(errors).toEqual([expect.stringContaining(variable)]);
    expect(errors.join()).not.toContain(wrong);
    expect(reasons).toEqual(['provider_error']);
  });
});
