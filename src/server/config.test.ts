import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { ConfigError, type ConfigProblem } from '../errors.js';
import { defaultApology, defaultSessionLimits, resolveConfig, type SessionConfig } from './config.js';

const inbound = { type: 'twilio' } as const;

/** What is wrong with something that a JavaScript user might write. */
function problems(config: unknown): readonly ConfigProblem[] {
  try {
    resolveConfig(config as SessionConfig);
  } catch (thrown) {
    if (thrown instanceof ConfigError) return thrown.problems;
    throw thrown;
  }
  return [];
}

const ownStt = {
  name: 'mine',
  accepts: { encodings: ['mulaw'], sampleRatesHz: 'any' },
  open: () => undefined,
};
const ownTts = {
  name: 'mine',
  produces: { encodings: ['mulaw'], sampleRatesHz: 'any' },
  open: () => undefined,
};

describe('a config', () => {
  it('needs nothing but how the caller comes in', () => {
    expect(resolveConfig({ inbound })).toEqual({
      type: 'twilio',
      stt: { provider: 'local' },
      llm: { provider: 'local' },
      tts: { provider: 'local' },
      agent: null,
      turnTaking: {},
      limits: defaultSessionLimits,
    });
  });

  it('takes what is given and fills in the rest; undefined is as good as left out', () => {
    const config = resolveConfig({
      inbound,
      outbound: { type: 'twilio' },
      tts: { provider: 'local', voice: 'rms' },
      agent: { systemPrompt: 'You are a desk.', greeting: undefined },
      turnTaking: { endSilenceMs: 300, bargeInWords: undefined },
      limits: { idleTimeoutMs: 5000 },
    } as unknown as SessionConfig);
    expect(config.tts).toEqual({ provider: 'local', voice: 'rms' });
    expect(config.agent).toEqual({
      systemPrompt: 'You are a desk.',
      greeting: '',
      tools: {},
      apology: defaultApology,
    });
    expect(config.turnTaking).toEqual({ endSilenceMs: 300 });
    expect(config.limits).toEqual({ ...defaultSessionLimits, idleTimeoutMs: 5000 });
  });

  it("takes the user's own objects and functions as they are", () => {
    const llm = (): string => 'Hello.';
    class Tool {
      readonly description = 'Finds a slot.';
      readonly parameters = z.object({});
      readonly slots = ['ten'];
      execute(): string {
        return this.slots.join();
      }
    }
    const tool = new Tool();
    const config = resolveConfig({
      inbound,
      stt: ownStt,
      llm,
      tts: ownTts,
      agent: { systemPrompt: '', tools: { find_slot: tool } },
    } as unknown as SessionConfig);
    expect(config).toMatchObject({ stt: ownStt, llm, tts: ownTts });
    expect(config.agent?.tools.find_slot).toBe(tool);
  });
});

describe('a config that cannot be used', () => {
  it('is one error that lists every problem by field, with the remedy', () => {
    const config = {
      inbound: { type: 'twilio' },
      outbound: { type: 'webrtc' },
      stt: { provider: 'siri' },
      tts: { provider: 'local', voice: 'alice' },
      agent: { systemprompt: 'x', tools: { book: { description: '', parameters: {}, execute: 'x' } } },
      turnTaking: { endSilenceMs: '180', bargeInWords: 0 },
      limits: { maxDurationMs: 1e12 },
      voice: 'slt',
    };
    const found = problems(config);
    expect(found.map(({ field }) => field).sort()).toEqual([
      'agent.systemPrompt',
      'agent.systemprompt',
      'agent.tools.book.description',
      'agent.tools.book.execute',
      'agent.tools.book.parameters',
      'limits.maxDurationMs',
      'outbound.type',
      'stt.provider',
      'tts.voice',
      'turnTaking.bargeInWords',
      'turnTaking.endSilenceMs',
      'voice',
    ]);
    for (const { problem, remedy } of found) {
      expect(problem).toMatch(/^[a-z].*\.$/);
      expect(remedy).toMatch(/^[A-Z].*\.$/);
    }
    expect(() => resolveConfig(config as unknown as SessionConfig)).toThrow(
      /^The config has 12 problems:\n {2}agent\.systemPrompt: is missing\. Give a string\.\n/,
    );
  });

  it.each([
    [undefined, 'config', 'is missing.', 'Give an object.'],
    [null, 'config', 'is null.', 'Give an object.'],
    ['twilio', 'config', "is 'twilio'.", 'Give an object.'],
    [{}, 'inbound', 'is missing.', 'Give an object.'],
    [{ inbound: {} }, 'inbound.type', 'is missing.', "Use one of: 'twilio', 'webrtc'."],
    [{ inbound: { type: 'sip' } }, 'inbound.type', "is 'sip'.", "Use one of: 'twilio', 'webrtc'."],
    [
      { inbound, turntaking: {} },
      'turntaking',
      'is no field of the config.',
      'Remove it, or check its spelling.',
    ],
    [
      { inbound, turnTaking: { endSilence: 1 } },
      'turnTaking.endSilence',
      'is no field of the config.',
      'Remove it, or check its spelling.',
    ],
    [
      { inbound, limits: { idleTimeoutMs: 0 } },
      'limits.idleTimeoutMs',
      'is 0.',
      'Give a number of more than 0.',
    ],
    [
      { inbound, limits: { maxDurationMs: Infinity } },
      'limits.maxDurationMs',
      'is Infinity.',
      'Give a number.',
    ],
    [
      { inbound, turnTaking: { bargeInWords: 1.5 } },
      'turnTaking.bargeInWords',
      'is 1.5.',
      'Give a whole number.',
    ],
    [
      { inbound, turnTaking: { backchannels: 'mhm' } },
      'turnTaking.backchannels',
      "is 'mhm'.",
      'Give a list.',
    ],
    [
      { inbound, stt: { provider: 'local', grammar: '' } },
      'stt.grammar',
      'is empty.',
      'Write it, or leave the field out.',
    ],
    [{ inbound, stt: { provider: 'siri' } }, 'stt.provider', "is 'siri'.", "Use one of: 'local'."],
    [
      { inbound, llm: { provider: 'local', model: 'x' } },
      'llm.model',
      'is no field of the config.',
      'Remove it, or check its spelling.',
    ],
  ])('%j: %s %s %s', (config, field, problem, remedy) => {
    expect(problems(config)).toEqual([{ field, problem, remedy }]);
  });

  it.each(['deepgram', 'openai', 'elevenlabs'])('says of %s that it is not there yet', (provider) => {
    const [problem] = problems({ inbound, tts: { provider, apiKey: 'very-secret' } });
    expect(problem).toMatchObject({
      field: 'tts.provider',
      problem: `'${provider}' is not part of this version.`,
    });
    expect(JSON.stringify(problem)).not.toContain('very-secret');
  });

  it('has a caller who comes in one way and is answered another, also where something else is wrong', () => {
    const mixed = { inbound, outbound: { type: 'webrtc' } };
    expect(problems(mixed)).toEqual([
      {
        field: 'outbound.type',
        problem: "is 'webrtc', but the call comes in by 'twilio'.",
        remedy: 'A call has one transport: leave outbound out, or give both the same type.',
      },
    ]);
    expect(problems({ ...mixed, limits: 5 }).map(({ field }) => field)).toEqual(['limits', 'outbound.type']);
  });

  it.each([
    ['stt', ownTts],
    ['stt', { ...ownStt, name: undefined }],
    ['tts', ownStt],
    ['tts', 'local'],
    ['tts', null],
    ['tts', () => 'Hello.'],
    ['llm', { name: 'mine' }],
  ])('has an object as %s that does not meet its contract: %j', (field, value) => {
    expect(problems({ inbound, [field]: value })).toMatchObject([{ field }]);
  });

  it('has a tool whose arguments no model could write', () => {
    const tool = { description: 'Books.', parameters: z.object({ at: z.date() }), execute: () => '' };
    expect(problems({ inbound, agent: { systemPrompt: '', tools: { book: tool } } })).toMatchObject([
      { field: 'agent.tools.book.parameters', problem: expect.stringContaining('JSON') },
    ]);
  });

  it('never shows what a long value holds: it may be a key in the wrong field', () => {
    const key = 'sk-0123456789abcdef0123456789abcdef';
    const found = problems({ inbound: { type: key }, stt: { provider: key }, limits: key });
    expect(found).toHaveLength(3);
    expect(JSON.stringify(found)).not.toContain('0123456789');
  });
});
