// A relay in a child process with cloud providers; their addresses are in the environment. Talks to relay-child.js.
import { createRelay } from '../../dist/relay/create.js';
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
