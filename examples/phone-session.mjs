// One phone call with an agent that answers by itself. It needs no keys: speech, model and voice are embedded.
//
//   node examples/phone-session.mjs
//   npx hzrelay replay fixtures/audio/book-my-appointment.wav --url http://127.0.0.1:8787    (in a second terminal)
//
// A session is one call. When the caller hangs up, the process ends.
import { createSession } from 'hzrelay';

const session = createSession({
  inbound: { type: 'twilio' },
  stt: { provider: 'local' },
  llm: { provider: 'local' },
  tts: { provider: 'local' },
  outbound: { type: 'twilio' },
  agent: { systemPrompt: 'You run an appointment desk. Keep your answers short.' },
});

session.on('session.start', (e) => console.log(`${e.from} calls`));
session.on('transcript', (e) => console.log(`caller: ${e.text}`));
session.on('llm_response', (e) => console.log(`agent:  ${e.text}`));
session.on('turn.end', (e) => console.log(`mouth→ear: ${Math.round(e.latency.mouth_to_ear_ms ?? 0)} ms`));
session.on('session.end', (e) => console.log(`over: ${e.reason}`));
session.on('error', (e) => console.error(e.message));
