// Tests of an agent with simulated vendors and callers, without keys, accounts or network.
//
//   node --test examples/test-your-agent.mjs
//
// Any other test runner works too.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createRelay, defineAgent } from 'hzrelay';
import { hearingInTurn, simulateCall, startSimulatedVendors } from 'hzrelay/testing';
import { z } from 'zod';

// The agent under test; import yours from its file.
const lookups = [];
const agent = defineAgent({
  systemPrompt: 'You are the receptionist of a small clinic.',
  greeting: 'Hello, this is the clinic.',
  tools: {
    opening_hours: {
      description: 'Looks up when the clinic is open on a day of the week.',
      parameters: z.object({ day: z.string() }),
      execute({ day }) {
        lookups.push(day);
        return 'nine to five';
      },
    },
  },
});

// The test gives the model's answers; its requests are in `vendors.openai.requests`.
function answer({ messages }) {
  const last = messages.at(-1);
  if (last.role === 'tool') return `On Friday we are open from ${last.content}.`;
  return { toolCalls: [{ name: 'opening_hours', arguments: { day: 'friday' } }] };
}

let vendors;
let relay;

before(async () => {
  vendors = await startSimulatedVendors({
    deepgram: { hearing: hearingInTurn(() => 'are you open on friday') },
    openai: { answers: answer },
  });
  relay = createRelay({ port: 0, session: { ...agent, ...vendors.providers } });
  await relay.listen();
});

after(async () => {
  await relay.close();
  await vendors.close();
});

for (const via of ['twilio', 'webrtc']) {
  test(`looks opening hours up (${via})`, async () => {
    lookups.length = 0;
    // An embedded voice speaks the text; { file: 'question.wav' } would play a recording.
    const { events, turns } = await simulateCall({ relay, via, says: ['are you open on friday'] });

    assert.deepEqual(lookups, ['friday']);
    assert.ok(turns.every(({ answered }) => answered));
    const textOf = (type) => events.filter((event) => event.type === type).map(({ text }) => text);
    assert.deepEqual(textOf('transcript.final'), ['are you open on friday']);
    assert.deepEqual(textOf('llm.response').slice(-1), ['On Friday we are open from nine to five.']);
    // The text that the caller heard, and its latency.
    const { heardText, latency } = events.findLast(({ type }) => type === 'turn.end');
    assert.equal(heardText, 'On Friday we are open from nine to five.');
    assert.ok(latency.mouth_to_ear_ms < 3000, `mouth→ear took ${latency.mouth_to_ear_ms} ms`);
    // The real vendors would have accepted every request.
    assert.deepEqual(vendors.problems, []);
  });
}
