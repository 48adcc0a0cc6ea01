// One call from a browser with an agent that answers by itself. It needs no keys: speech, model and voice are embedded.
//
//   node examples/web-session.mjs
//   open http://127.0.0.1:8787 in a browser and talk, or, in a second terminal:
//   npx hzrelay replay fixtures/audio/book-my-appointment.wav --via webrtc --url http://127.0.0.1:8787
//
// It differs from phone-session.mjs only in `inbound`.
// A session is one call. When the visitor leaves, the process ends.
import { createSession } from 'hzrelay';

const session = createSession({
  inbound: { type: 'webrtc' },
  stt: { provider: 'local' },
  llm: { provider: 'local' },
  tts: { provider: 'local' },
  outbound: { type: 'webrtc' },
  agent: { systemPrompt: 'You run an appointment desk. Keep your answers short.' },
});

session.on('session.start', () => console.log('a browser calls'));
session.on('transcript', (e) => console.log(`caller: ${e.text}`));
session.on('llm_response', (e) => console.log(`agent:  ${e.text}`));
session.on('turn.end', (e) => console.log(`mouth→ear: ${Math.round(e.latency.mouth_to_ear_ms ?? 0)} ms`));
session.on('session.end', (e) => console.log(`over: ${e.reason}`));
session.on('error', (e) => console.error(e.message));
