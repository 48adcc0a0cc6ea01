import { describe, expect, it } from '@jest/globals';
import { builtInRegistry } from '../../providers/registry.js';
import { elevenLabsStt, elevenLabsTts } from './elevenlabs-definition.js';

describe('the simulators of ElevenLabs', () => {
  it.each([elevenLabsStt, elevenLabsTts])('serve the built-in $kind of that name', async (definition) => {
    const { kind, name } = definition;
    expect(builtInRegistry.find(kind, name)).toMatchObject({ kind, name });
    const simulator = await definition.start({ manners: 'random', seed: 3 });
    expect(simulator).toMatchObject({ attempts: 0, openAnswers: null, billed: [], problems: [] });
    expect(simulator.baseUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    await simulator.close();
  });

  it('share a key, which chooses the voice alone where the config names nothing', () => {
    const env = { ELEVENLABS_API_KEY: 'x' };
    expect(builtInRegistry.defaultOf('tts', env).name).toBe('elevenlabs');
    expect(builtInRegistry.defaultOf('stt', env).name).toBe('local');
  });
});
