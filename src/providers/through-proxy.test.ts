/** Every vendor, streams and start-up checks alike, goes through the proxy that the environment names. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DeepgramCall } from '../../test/harness/deepgram-call.js';
import { ElevenLabsVoices } from '../../test/harness/elevenlabs-voices.js';
import { startForwardProxy, type ForwardProxy } from '../../test/harness/forward-proxy.js';
import { generate, OpenAiAccount } from '../../test/harness/openai-account.js';

const variables = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'NO_PROXY'].flatMap((name) => [
  name,
  name.toLowerCase(),
]);
const saved = variables.map((name) => [name, process.env[name]] as const);
let proxy: ForwardProxy;

beforeEach(async () => {
  for (const name of variables) Reflect.deleteProperty(process.env, name);
  proxy = await startForwardProxy();
});
afterEach(async () => {
  for (const [name, value] of saved)
    if (value === undefined) Reflect.deleteProperty(process.env, name);
    else process.env[name] = value;
  await proxy.close();
});

/** Uses a vendor's server for a call, and for the check at the start; resolves with the server's host. */
const uses: Readonly<Record<string, () => Promise<string>>> = {
  deepgram: async () => {
    const call = await DeepgramCall.connect();
    const { host } = new URL(call.simulator.baseUrl);
    await call.end();
    return host;
  },
  openai: async () => {
    const account = await OpenAiAccount.open();
    const model = account.create();
    await generate(model);
    await model.probe(new AbortController().signal);
    await model.close();
    await account.close();
    return new URL(account.simulator.baseUrl).host;
  },
  elevenlabs: async () => {
    const voices = await ElevenLabsVoices.start();
    const voice = voices.create();
    await voices.preconnect(voice, 1);
    await voice.probe(new AbortController().signal);
    await voices.closeProviders();
    await voices.close();
    return new URL(voices.simulator.baseUrl).host;
  },
};

describe.each(Object.entries(uses))('%s', (_vendor, use) => {
  it.each(['HTTP_PROXY', 'all_proxy'])(
    'goes through what %s names, and nothing past it',
    async (variable) => {
      // Without a scheme, as many write it.
      process.env[variable] = new URL(proxy.url).host;
      const host = await use();
      expect(proxy.tunnels.length).toBeGreaterThan(0);
      expect(new Set(proxy.tunnels)).toEqual(new Set([host]));
    },
  );

  it('goes past it where NO_PROXY says so', async () => {
    process.env.HTTP_PROXY = proxy.url;
    process.env.NO_PROXY = '127.0.0.0/8';
    await use();
    expect(proxy.tunnels).toEqual([]);
  });
});
