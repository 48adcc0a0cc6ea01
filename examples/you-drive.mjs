// One phone call that you drive yourself: without `agent` the session only listens, and says what you tell it to.
//
//   node examples/you-drive.mjs
//   npx hzrelay replay fixtures/audio/book-my-appointment.wav --url http://127.0.0.1:8787    (in a second terminal)
import { createSession } from 'hzrelay';

const session = createSession({ inbound: { type: 'twilio' } });

// Before the call this waits for it. It resolves when the caller has heard it, or has cut it short.
void session.speak('Hello. Say something, and I will say it back.');

session.on('transcript', async ({ text }) => {
  // Text may come in pieces, for example from a model of your own: speech begins with the first sentence.
  const { heardText, interrupted } = await session.speak(piecesOf(text));
  console.log(interrupted ? `interrupted after: ${heardText}` : `said: ${heardText}`);
});

session.on('session.end', ({ reason }) => console.log(`over: ${reason}`));
session.on('error', ({ message }) => console.error(message));

async function* piecesOf(text) {
  yield 'You said: ';
  yield `${text}.`;
}
