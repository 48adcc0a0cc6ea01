// One call from a phone over Deepgram, OpenAI and ElevenLabs.
//
//   DG=… OAI=… EL=… node examples/cloud-phone-session.mjs
import { env } from 'node:process';
import { createSession } from 'hzrelay';

const session = createSession({
  inbound: { type: 'twilio' }, // mulaw 8kHz — handled
  stt: { provider: 'deepgram', apiKey: env.DG },
  llm: { provider: 'openai', apiKey: env.OAI },
  tts: { provider: 'elevenlabs', apiKey: env.EL },
  outbound: { type: 'twilio' },
  agent: { systemPrompt: '...' }, // same prompt
});

// same event API — your agent code doesn't change
session.on('transcript', (e) => console.log(e.text));
