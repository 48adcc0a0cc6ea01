// One phone call that your code drives: without `agent` the session listens, and says what your code tells it to.
//
//   node examples/you-drive.mjs
//   npx hzrelay replay fixtures/audio/book-my-appointment.wav --url http://127.0.0.1:8787    (in a second terminal)
import { createSession } from 'hzrelay';

const session = createSession({ inbound: { type: 'twilio' } });

// Waits for a call. Resolves when the caller has heard the text or has interrupted it.
void session.speak('Hello. Say something, and I will say it back.');

session.on('transcript', async ({ text }) => {
  // Text may arrive in pieces, for example from your own model: speech begins with the first sentence.
  const { heardText, interrupted } = await session.speak(piecesOf(text));
  console.log(interrupted ? `interrupted after: ${heardText}` : `said: ${heardText}`);
});

session.on('session.end', ({ reason }) => console.log(`over: ${reason}`));
session.on('error', ({ message }) => console.error(message));

async function* piecesOf(text) {
  yield 'You said: ';
  yield `${text}.`;
}
