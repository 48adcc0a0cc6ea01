import { expect, it } from '@jest/globals';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { DeepgramVoices } from '../../../../test/harness/deepgram-voices.js';
import { SpokenAnswer } from '../../../../test/harness/spoken-answer.js';
import { VirtualClock } from '../../../simulators/virtual-clock.js';

it('waits for the first audio of a second connection as long as for that of the first', async () => {
  const voices = await DeepgramVoices.start();
  const clock = new VirtualClock();
  const answer = new SpokenAnswer(voices.create({ clock, firstAudioTimeoutMs: 4000, audioTimeoutMs: 1500 }));
  answer.stream.write('Hello.');
  await answer.first('chunk_done');
  voices.simulator.failNext({ fault: 'no_handshake' });
  for (let more = 0; more < 20; more++) answer.stream.write(`Sentence number ${more}.`);
  while (voices.simulator.attempts < 2) await nextTurn();
  clock.advance(3999);
  expect(answer.error).toBeNull();
  clock.advance(1);
  expect(answer.error).toMatchObject({ category: 'timeout' });
  await voices.close();
});
