// A relay in a process of its own whose providers are the clouds'; where they are is in the environment. Talks to
// relay-child.js.
import { createRelay } from '../../dist/server/create.js';
import { serveUsage } from './usage.js';

const relay = createRelay({
  port: 0,
  session: {
    stt: { provider: 'deepgram' },
    llm: { provider: 'openai' },
    tts: { provider: 'elevenlabs' },
    agent: { systemPrompt: 'You answer the phone.' },
  },
});
serveUsage(relay);
await relay.listen();
process.send({ url: relay.url });
