// One call from a browser over Deepgram, OpenAI and ElevenLabs.
//
//   DG=… OAI=… EL=… node examples/cloud-web-session.mjs
import { env } from 'node:process';
import { createSession } from 'hzrelay';

const session = createSession({
  inbound: { type: 'webrtc' }, // Opus 48kHz — handled
  stt: { provider: 'deepgram', apiKey: env.DG },
  llm: { provider: 'openai', apiKey: env.OAI },
  tts: { provider: 'elevenlabs', apiKey: env.EL },
  outbound: { type: 'webrtc' },
  agent: { systemPrompt: '...' }, // same prompt
});

// same event API — your agent code doesn't change
session.on('transcript', (e) => console.log(e.text));
