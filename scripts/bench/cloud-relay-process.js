// A relay in a child process with cloud providers; their addresses are in the environment. Talks to relay-child.js.
import { createRelay } from '../../dist/relay/create.js';
import { serveUsage } from './usage.js';

const session = {
  stt: { provider: 'deepgram' },
  llm: { provider: 'openai' },
  tts: { provider: 'elevenlabs' },
  agent: { systemPrompt: 'You answer the phone.' },
  ...(process.env.BENCH_SPECULATION === 'false' && { speculation: false }),
};
const relay = createRelay({ port: 0, session });
let tokens = 0;
let wastedTokens = 0;
relay.on('llm.token', () => tokens++);
relay.on('llm.speculation', ({ outcome, tokens: sent }) => {
  if (outcome !== 'adopted') wastedTokens += sent;
});
serveUsage(relay, () => ({ tokens: tokens + wastedTokens, wastedTokens }));
await relay.listen();
await relay.warmUp(session);
process.send({ url: relay.url });
