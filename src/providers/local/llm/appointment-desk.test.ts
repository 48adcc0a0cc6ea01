import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { describeContract } from '../../../../test/contracts/describe-contract.js';
import { languageModelContract } from '../../../simulators/contracts/language-model-contract.js';
import { VirtualClock } from '../../../simulators/virtual-clock.js';
import type { ChatMessage, LanguageModel, LlmEvent, ToolCall, ToolDefinition } from '../../language-model.js';
import { appointmentDesk } from './appointment-desk.js';

describeContract(
  'the appointment desk as a LanguageModel',
  languageModelContract({ create: () => appointmentDesk() }),
);

const virtualClock = new VirtualClock();
describeContract(
  'the appointment desk at a pace as a LanguageModel',
  languageModelContract({
    create: () => appointmentDesk({ tokenIntervalMs: 40, clock: virtualClock }),
    passTime: () => virtualClock.advance(40),
  }),
);

interface Answer {
  readonly text: string;
  readonly call: ToolCall | null;
  readonly done: Extract<LlmEvent, { type: 'done' }> | null;
}

async function answerTo(
  messages: readonly ChatMessage[],
  tools: readonly ToolDefinition[] = [],
  model: LanguageModel = appointmentDesk(),
): Promise<Answer> {
  let text = '';
  let call: ToolCall | null = null;
  let done: Answer['done'] = null;
  for await (const event of model.generate({ messages, tools, signal: new AbortController().signal })) {
    if (event.type === 'token') text += event.text;
    if (event.type === 'tool_call') call = event.call;
    if (event.type === 'done') done = event;
  }
  return { text, call, done };
}

/** Has the caller say each line and checks each answer. */
async function holds(dialogue: readonly (readonly [caller: string, desk: RegExp])[]): Promise<Answer> {
  const messages: ChatMessage[] = [{ role: 'system', content: 'Talk like a pirate.' }];
  let last: Answer = { text: '', call: null, done: null };
  for (const [caller, desk] of dialogue) {
    messages.push({ role: 'user', content: caller });
    last = await answerTo(messages);
    expect(`${caller} → ${last.text}`).toMatch(desk);
    messages.push({ role: 'assistant', content: last.text });
  }
  return last;
}

const endsCall = { type: 'done', finishReason: 'stop', endCall: true };

describe('the appointment desk', () => {
  it('greets a caller who has not spoken yet', async () => {
    expect((await answerTo([])).text).toBe('Hello, this is the appointment desk. How can I help you?');
  });

  it('books an appointment over several turns', async () => {
    const last = await holds([
      ['hello', /Hello.*(help|do for you|book)/],
      ['i would like to book an appointment', /day/],
      ['friday', /time.*Friday/],
      ['at three', /Friday at three.*\?$/],
      ['yes please', /booked for Friday at three\..*\?$/],
      ['no thank you', /Goodbye/],
    ]);
    expect(last.done).toEqual(endsCall);
  });

  it('takes the day and the time in any order, together or apart', async () => {
    await holds([
      ['book an appointment at half past two', /day/],
      ['tomorrow', /omorrow at two thirty.*\?$/],
    ]);
    await holds([
      ['can i book an appointment for next tuesday at ten thirty', /next Tuesday at ten thirty.*\?$/i],
    ]);
  });

  it('books nothing on a murmur, which may have been a cough', async () => {
    await holds([
      ['for friday at three', /Friday at three.*\?$/],
      ['uh-huh', /^(?!.*booked for)/],
      ['yes please', /booked for Friday at three/],
    ]);
  });

  it('reads transcripts with punctuation, capitals and figures', async () => {
    await holds([
      ["I'd like to book an appointment for Friday at 3:30 PM, please.", /Friday at three thirty/],
    ]);
    await holds([['Book me in tomorrow, 10 a.m.', /omorrow at ten/]]);
  });

  it('reschedules with corrections', async () => {
    await holds([
      ['reschedule for friday', /time.*Friday/],
      ['ten thirty', /Friday at ten thirty instead/],
      ['no i said monday', /Monday at ten thirty instead/],
      ['make it thursday', /Thursday at ten thirty instead/],
      ['at noon', /Thursday at noon instead/],
      ['yes', /now on Thursday at noon/],
      ['when is my appointment', /on Thursday at noon/],
    ]);
  });

  it('takes "no" at the confirmation for the wish to choose again', async () => {
    await holds([
      ['book an appointment for friday at three', /Friday at three/],
      ['no', /day and time/],
      ['monday at ten', /Monday at ten/],
      ['yes', /booked for Monday at ten/],
    ]);
  });

  it('takes "move it" while booking for a correction, not for another task', async () => {
    await holds([
      ['book an appointment for friday at three', /Friday at three/],
      ['can you move it to monday', /Monday at three\. Shall I book/],
    ]);
  });

  it('cancels the appointment that the caller has, or the one that is named', async () => {
    await holds([
      ['cancel my appointment', /cancel your appointment on Thursday at ten\?$/],
      ['yes', /Thursday at ten is cancelled/],
      ['when is my appointment', /don't have an appointment/],
    ]);
    await holds([
      ['please cancel my appointment on tuesday', /cancel your appointment on Tuesday\?$/],
      ['no', /left everything|haven't changed/],
    ]);
  });

  it('drops a booking for a caller who would rather cancel an appointment', async () => {
    await holds([
      ['book an appointment for friday', /time/],
      ['stop i want to cancel my appointment', /cancel your appointment on Thursday at ten\?$/],
    ]);
  });

  it('gives up the task when the caller says "cancel that"', async () => {
    await holds([
      ['book an appointment for friday at three', /Friday at three/],
      ['cancel that', /left everything|haven't changed/],
    ]);
  });

  it('asks which day of next week is meant', async () => {
    await holds([
      ['book an appointment for next week', /Which day next week/],
      ['tuesday at eleven', /Tuesday next week at eleven/],
    ]);
  });

  it('keeps to its opening hours', async () => {
    await holds([
      ['what are your opening hours', /Monday to Saturday, from nine to six/],
      ['book an appointment for sunday at ten', /closed on Sundays.*day/],
      ['saturday', /Saturday at ten/],
      ['at eight in the evening', /nine to six.*time/],
    ]);
  });

  it('says its last answer again, in the same words', async () => {
    const { text } = await answerTo([{ role: 'user', content: 'book an appointment for friday' }]);
    for (const plea of ['can you repeat that', 'what was that', 'say that again please']) {
      const repeated = await answerTo([
        { role: 'user', content: 'book an appointment for friday' },
        { role: 'user', content: plea },
        { role: 'user', content: plea },
      ]);
      expect(repeated.text).toBe(text);
    }
  });

  it('puts the caller through to a person and ends the call', async () => {
    const last = await holds([['i want to speak to a human', /putting you through/]]);
    expect(last.done).toEqual(endsCall);
  });

  it('offers more help each time it does not understand, and starts afresh when it does', async () => {
    await holds([
      ['seven hundred elephants', /didn't get that/],
      ['purple monkey', /for example/],
      ['dishwasher', /operator/],
      ['book my appointment', /day/],
      ['purple monkey', /didn't get that.*day/],
    ]);
  });

  it('answers thanks, a request to wait and a number without losing the thread', async () => {
    await holds([
      ['book an appointment for friday', /time/],
      ['wait', /time|wait/],
      ['five five five one two three four', /5 5 5 1 2 3 4.*time/],
      ['thank you', /welcome|pleasure/],
      ['three o clock', /Friday/],
    ]);
  });

  it.each(['goodbye', 'no that is all thank you', 'thank you goodbye', "that's all"])(
    'hangs up after "%s"',
    async (text) => {
      const last = await holds([[text, /Goodbye/]]);
      expect(last.done).toEqual(endsCall);
    },
  );

  it('forgets what was taken out of the history', async () => {
    const whole = [
      { role: 'user', content: 'book an appointment' },
      { role: 'user', content: 'for friday' },
    ] as const;
    expect((await answerTo(whole)).text).toMatch(/Friday/);
    expect((await answerTo(whole.slice(0, 1))).text).not.toMatch(/Friday/);
  });

  it('paces its tokens on the clock it was given', async () => {
    const clock = new VirtualClock();
    const { signal } = new AbortController();
    const generation = appointmentDesk({ tokenIntervalMs: 50, clock }).generate({
      messages: [],
      tools: [],
      signal,
    });
    const stream = generation[Symbol.asyncIterator]();
    const first = stream.next();
    clock.advance(49);
    expect(clock.pendingTimers).toBe(1);
    clock.advance(1);
    expect((await first).value).toEqual({ type: 'token', text: 'Hello,' });
    await stream.return?.();
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('the appointment desk with tools', () => {
  const tool = (name: string, required: readonly string[] = ['day', 'time']): ToolDefinition => ({
    name,
    description: name,
    parameters: { type: 'object', properties: { day: {}, time: {} }, required },
  });
  const booking = [tool('book_appointment'), tool('look_up_weather')];
  const asked: readonly ChatMessage[] = [
    { role: 'user', content: 'book an appointment for friday at three' },
    { role: 'assistant', content: "So that's Friday at three. Shall I book it?" },
    { role: 'user', content: 'yes' },
  ];
  const withResult = (call: ToolCall, content: string): readonly ChatMessage[] => [
    ...asked,
    { role: 'assistant', content: '', toolCalls: [call] },
    { role: 'tool', toolCallId: call.id, content },
  ];

  it('calls the tool once the caller has confirmed, not before', async () => {
    expect((await answerTo(asked.slice(0, 1), booking)).call).toBeNull();
    const { text, call, done } = await answerTo(asked, booking);
    expect(text).toBe('');
    expect(call?.name).toBe('book_appointment');
    expect(JSON.parse(call?.arguments ?? '')).toEqual({ day: 'friday', time: '15:00' });
    expect(done).toEqual({ type: 'done', finishReason: 'tool_calls' });
  });

  it('says how it went and calls nothing twice', async () => {
    const { call } = await answerTo(asked, booking);
    if (!call) throw new Error('there was no call');
    const outcome = await answerTo(withResult(call, '{"ok":true}'), booking);
    expect(outcome.text).toMatch(/booked for Friday at three/);
    expect(outcome.call).toBeNull();
  });

  it.each(['Error: the calendar is full', '{"error":"taken"}', '{"ok":false}', 'false'])(
    'offers another time after the failure %s',
    async (content) => {
      const { call } = await answerTo(asked, booking);
      if (!call) throw new Error('there was no call');
      const failed = withResult(call, content);
      expect((await answerTo(failed, booking)).text).toMatch(/couldn't book Friday at three\..*day and time/);
      const again = await answerTo(
        [...failed, { role: 'user', content: 'monday at ten' }, { role: 'user', content: 'yes' }],
        booking,
      );
      expect(JSON.parse(again.call?.arguments ?? '')).toEqual({ day: 'monday', time: '10:00' });
      expect(again.call?.id).not.toBe(call.id);
    },
  );

  it('calls each task by its own tool, and asks for a time where cancelling needs one', async () => {
    const moved = await answerTo(
      [
        { role: 'user', content: 'reschedule for friday at three' },
        { role: 'user', content: 'yes' },
      ],
      [tool('reschedule_appointment')],
    );
    expect(moved.call?.name).toBe('reschedule_appointment');
    const tuesday = { role: 'user', content: 'cancel my appointment on tuesday' } as const;
    expect((await answerTo([tuesday], [tool('cancel_appointment')])).text).toMatch(/time/);
    const cancelled = await answerTo(
      [tuesday, { role: 'user', content: 'yes' }],
      [tool('cancel_appointment', ['day'])],
    );
    expect(JSON.parse(cancelled.call?.arguments ?? '')).toEqual({ day: 'tuesday' });
  });
});

describe('whatever callers say, the appointment desk', () => {
  const phrases = fc.constantFrom(
    ...(
      'yes;no;friday;at three;next week;cancel my appointment;reschedule;book an appointment;repeat that;operator;' +
      'thank you;goodbye;wait;five five five one;sunday;at eight in the evening;no i said monday;noon;uh-huh;hello'
    ).split(';'),
  );
  const utterances = fc.array(fc.oneof(phrases, fc.string({ unit: 'grapheme' })), { maxLength: 12 });

  it('has an answer, always the same one, and never throws', async () => {
    await fc.assert(
      fc.asyncProperty(utterances, async (said) => {
        const messages = said.map((content) => ({ role: 'user', content }) as const);
        const answer = await answerTo(messages);
        expect(answer.text.trim()).not.toBe('');
        expect(answer.text).not.toMatch(/undefined|null| {2}/);
        expect(await answerTo(messages)).toEqual(answer);
      }),
      { numRuns: 500 },
    );
  });
});
