/** Whole calls with recorded responses of model servers (`fixtures/wire/*.sse`), and variations. */
import { readFile } from 'node:fs/promises';
import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import type { SessionEvent } from '#src/events/session-event.js';
import type { ChatMessage } from '#src/providers/language-model.js';
import type { AgentConfig, SessionConfig } from '#src/relay/config/config.js';
import type { OpenAiLlmConfig } from '#src/providers/openai/openai-definition.js';
import { LoopbackTraffic } from '#src/drills/loopback-traffic.js';
import type { OpenAiAnswers } from '#src/simulators/openai/openai-script.js';
import {
  startOpenAiSimulator,
  type OpenAiSimulator,
  type OpenAiSimulatorOptions,
} from '#src/simulators/openai/openai-simulator.js';
import { fixtures } from './harness/recordings.js';
import { ScriptedSpeechToText } from './harness/scripted-speech-to-text.js';
import { ofType } from './harness/session-events.js';
import { standInVoice } from '#src/drills/stand-in-voice.js';
import { VirtualClock } from '#src/simulators/virtual-clock.js';
import { TestVoices, VirtualRelay } from '#src/drills/virtual-call.js';

const voices = new TestVoices();
const apology = 'Sorry, that failed.';
let relay: VirtualRelay;
let traffic: LoopbackTraffic;
const simulators: OpenAiSimulator[] = [];

afterEach(async () => {
  await relay.close();
  await Promise.all(simulators.splice(0).map((simulator) => simulator.close()));
  traffic.close();
  expect(relay.clock.pendingTimers).toBe(0);
});
afterAll(() => voices.close());

function wire(name: string): Promise<string> {
  return readFile(new URL(`../fixtures/wire/${name}.sse`, import.meta.url), 'utf8');
}

interface Heard {
  readonly events: readonly SessionEvent[];
  /** The caller's heard text of each turn. */
  readonly heard: readonly string[];
  readonly messages: readonly ChatMessage[];
}

interface Setting {
  readonly agent?: Partial<AgentConfig>;
  readonly simulator?: OpenAiSimulatorOptions;
  readonly llm?: Partial<OpenAiLlmConfig>;
  /** How long the caller waits for an answer. @default 8000 */
  readonly answerWithinMs?: number;
  readonly others?: readonly NonNullable<Exclude<SessionConfig['llm'], readonly unknown[]>>[];
}

/** Hears what the caller says without listening: these calls are about the model. */
function recogniser(): ScriptedSpeechToText {
  return new ScriptedSpeechToText({
    onOpen: (stream) => {
      stream.flush = () => queueMicrotask(() => stream.answer('book my appointment'));
    },
  });
}

/** A call with one turn. */
async function call(
  answers: OpenAiAnswers,
  { agent, simulator, llm, answerWithinMs = 8000, others = [] }: Setting = {},
): Promise<Heard> {
  const clock = new VirtualClock();
  traffic = new LoopbackTraffic();
  const server = await startOpenAiSimulator({ clock, answers, ...simulator });
  simulators.push(server);
  const model: OpenAiLlmConfig = { provider: 'openai', apiKey: 'sk-any', baseUrl: server.baseUrl, ...llm };
  let messages: readonly ChatMessage[] = [];
  relay = await VirtualRelay.start(
    voices,
    {
      stt: recogniser(),
      tts: standInVoice,
      llm: [model, ...others],
      agent: {
        systemPrompt: 'You run an appointment desk.',
        apology,
        apologyVoice: standInVoice,
        filler: '',
        ...agent,
      },
    },
    { onSession: (session) => session.on('session.end', () => void ({ messages } = session)) },
    { clock, workers: [traffic] },
  );
  const { events } = await relay.run(
    relay.call({ recordings: await fixtures('book-my-appointment'), behaviour: { answerWithinMs } }),
  );
  const heard = ofType(events, 'turn.end').flatMap(({ turn, heardText }) => (turn === 0 ? [] : [heardText]));
  return { events, heard, messages };
}

function played(...recordings: readonly string[]): OpenAiAnswers {
  let answers = 0;
  return () => ({ sse: recordings[Math.min(answers++, recordings.length - 1)] ?? '' });
}

const chunk = (delta: object, more: object = {}): string =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta, ...more }] })}\n\n`;
const stop = `${chunk({}, { finish_reason: 'stop' })}data: [DONE]\n\n`;
const question = 'Which day suits you?';

describe('reasoning', () => {
  const thought = 'Okay, the caller wants an appointment.';

  it.each([
    ['in <think> tags', () => wire('think')],
    [
      'before a closing tag alone, a character at a time',
      () =>
        Array.from(`${thought}\n</think>\n\n${question}`, (content) => chunk({ content })).join('') + stop,
    ],
  ])('%s is neither heard nor kept', async (_, recorded) => {
    const { events, heard, messages } = await call(played(await recorded()));
    expect(heard).toEqual([question]);
    expect(messages.at(-1)).toEqual({ role: 'assistant', content: question });
    expect(ofType(events, 'llm.response').map(({ text }) => text)).toEqual([question]);
    expect([ofType(events, 'error'), ofType(events, 'llm.reasoning')]).toEqual([[], []]);
  });

  it('of six seconds is a sign of life: the answer is requested once and heard once', async () => {
    const { events, heard } = await call(played(await wire('reasoning-6s')));
    expect(heard).toEqual([question]);
    expect(simulators[0]!.requests).toHaveLength(1);
    expect([ofType(events, 'error'), ofType(events, 'provider.reconnect')]).toEqual([[], []]);
  });

  it.each<[string, object, object]>([
    ['in a field', { reasoning_content: 'hmm ' }, {}],
    ['in tags', { content: 'hmm ' }, { content: '<think>' }],
    ['in parts', { content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'hmm ' }] }] }, {}],
  ])('of twelve seconds, longer than any timeout, is one too (%s)', async (_, delta, first) => {
    const end = 'content' in first ? chunk({ content: '</think>' }) : '';
    const reasoned = chunk(first) + `${chunk(delta)}#wait 500\n`.repeat(24) + end;
    const { events, heard } = await call(played(reasoned + chunk({ content: question }) + stop), {
      answerWithinMs: 15_000,
    });
    expect(heard).toEqual([question]);
    expect(simulators[0]!.requests).toHaveLength(1);
    expect([ofType(events, 'error'), ofType(events, 'provider.reconnect')]).toEqual([[], []]);
  });

  it('that takes long is covered by the filler, once', async () => {
    const recording = (await wire('reasoning-6s')).replace(/(?:#wait 200\n[^#]*){15}/, '');
    const { heard } = await call(played(recording), {
      agent: { filler: 'One moment.', fillerAfterMs: 1000 },
    });
    expect(heard).toEqual([`One moment. ${question}`]);
  });

  it('is reported in events if they are enabled', async () => {
    const { events } = await call(played(await wire('think')), { agent: { reasoningEvents: true } });
    const told = ofType(events, 'llm.reasoning').map(({ text }) => text);
    expect(told.join('').trim()).toBe(thought);
  });

  it('without any output may take as long as the provider’s own firstTokenTimeoutMs', async () => {
    const slow = `#wait 5000\n${chunk({ content: question })}${stop}`;
    const { events, heard } = await call(played(slow), { llm: { firstTokenTimeoutMs: 7000 } });
    expect(heard).toEqual([question]);
    expect(ofType(events, 'error')).toEqual([]);
  });

  it('may pause as long as the provider’s own tokenTimeoutMs', async () => {
    const slow = `${chunk({ reasoning: 'hmm' })}#wait 5000\n${chunk({ content: question })}${stop}`;
    const { heard } = await call(played(slow), { llm: { tokenTimeoutMs: 7000 } });
    expect(heard).toEqual([question]);
  });
});

describe('a server that only keeps the connection alive', () => {
  const comment = ': OPENROUTER PROCESSING\n\n';
  const during = (ms: number, sign: string): string =>
    `${sign}#wait 500\n`.repeat(ms / 500) + chunk({ content: question }) + stop;

  it.each([
    // Source: https://openrouter.ai/docs, streaming
    ['comments', comment],
    ['empty deltas', chunk({ role: 'assistant', content: '' })],
    ['events of an unknown type', 'event: ping\ndata: {"type":"ping"}\n\n'],
    ['events without data', 'event: ping\n\n'],
  ])('by %s is waited for, with one request', async (_, sign) => {
    const { events, heard } = await call(played(during(4500, sign)));
    expect(heard).toEqual([question]);
    expect(simulators[0]!.requests).toHaveLength(1);
    expect([ofType(events, 'error'), ofType(events, 'provider.reconnect')]).toEqual([[], []]);
  });

  it('has its wait covered by the filler, once', async () => {
    const { events, heard } = await call(played(during(4500, comment)), {
      agent: { filler: 'One moment.', fillerAfterMs: 1000 },
    });
    expect(heard).toEqual([`One moment. ${question}`]);
    expect(ofType(events, 'turn.end').at(-1)?.latency).toMatchObject({ filler: true, parts: { tools: 0 } });
  });

  it('is given up after 30 s, without a retry', async () => {
    const { events, heard } = await call(played(during(40_000, comment)), { answerWithinMs: 40_000 });
    expect(heard).toEqual([apology]);
    const [committed] = ofType(events, 'transcript.final');
    const failed = ofType(events, 'error');
    expect(failed).toMatchObject([
      {
        category: 'timeout',
        message: expect.stringContaining('Only keep-alives came for 30000 ms'),
      },
    ]);
    expect(failed[0]!.atMs - committed!.atMs).toBeLessThan(30_500);
    expect(simulators[0]!.requests).toHaveLength(1);
  });

  it('in the middle of its text is asked for the rest', async () => {
    const cut = `${chunk({ content: 'Which day ' })}${`${comment}#wait 500\n`.repeat(12)}`;
    const { heard } = await call(played(cut, chunk({ content: 'suits you?' }) + stop));
    expect(heard).toEqual([question]);
    expect(simulators[0]!.requests).toHaveLength(2);
  });
});

describe('the end and the content of an answer', () => {
  it.each([
    ['no-finish-reason', question],
    ['number', 'It costs $6 for you.'],
    ['parts', question],
  ])('(%s) is heard, once', async (name, answer) => {
    const { events, heard } = await call(played(await wire(name)));
    expect(heard).toEqual([answer]);
    expect(simulators[0]!.requests).toHaveLength(1);
    expect(ofType(events, 'error')).toEqual([]);
  });

  it('causes one warning for each answer, which names the odd messages', async () => {
    const odd = `data: {"choices"\n\ndata: 7\n\n${chunk({ content: { x: 1 } })}${chunk({ content: question })}${stop}`;
    const { events } = await call(played(odd));
    const warnings = ofType(events, 'warning').filter(({ code }) => code === 'llm_odd_messages');
    expect(warnings.map(({ message }) => message)).toEqual([
      'openai sent 3 odd pieces of an answer, which were skipped or repaired: malformed JSON, something other than an object, content without text.',
    ]);
  });
});

describe('an answer without anything to say', () => {
  const second = { name: 'second', generate: () => one(question) };
  async function* one(text: string) {
    yield await Promise.resolve({ type: 'token' as const, text });
    yield { type: 'done' as const, finishReason: 'stop' as const };
  }

  it.each([
    ['empty', () => wire('empty')],
    ['an emoji', () => wire('emoji')],
  ])('(%s) fails over to the next provider', async (_, recorded) => {
    const { events, heard, messages } = await call(played(await recorded()), { others: [second] });
    expect(heard).toEqual([question]);
    expect(messages.at(-1)).toEqual({ role: 'assistant', content: question });
    expect(ofType(events, 'provider.failover')).toMatchObject([{ from: 'openai', to: 'second' }]);
  });

  it('is requested again if there is no other provider', async () => {
    const { events, heard } = await call(played(await wire('emoji'), chunk({ content: question }) + stop));
    expect(heard).toEqual([question]);
    expect(ofType(events, 'error')).toMatchObject([{ category: 'server' }]);
  });
});

describe('tools', () => {
  const ran: string[] = [];
  const opening_hours = {
    description: 'Looks up hours.',
    parameters: z.object({ day: z.string() }),
    execute: ({ day }: { readonly day: string }) => {
      ran.push(day);
      return 'nine to six';
    },
  };
  const answer = chunk({ content: 'From nine to six.' }) + stop;
  afterEach(() => void ran.splice(0));

  it('all run if the server gives every call index 0', async () => {
    const { heard } = await call(played(await wire('parallel-index-0'), answer), {
      agent: { tools: { opening_hours } },
    });
    expect(ran).toEqual(['monday', 'friday']);
    expect(heard).toEqual(['From nine to six.']);
  });

  it.each([
    ['in the text', '<tool_call>\n{"name": "opening_hours", "arguments": {"day": "monday"}}\n</tool_call>'],
    ['as a function in the text', '<function=opening_hours>{"day": "monday"}</function>'],
  ])('that a server leaves %s run, unspoken, and a warning names the cause', async (_, text) => {
    const sse = Array.from(`Let me look. ${text}`, (content) => chunk({ content })).join('') + stop;
    const { events, heard } = await call(played(sse, answer), { agent: { tools: { opening_hours } } });
    expect(ran).toEqual(['monday']);
    expect(heard).toEqual(['Let me look. From nine to six.']);
    const [warning] = ofType(events, 'warning').filter(({ code }) => code === 'llm_odd_messages');
    expect(warning?.message).toContain('because the server lacks a tool-call parser');
  });

  it('in the text that cannot be run are dropped, unspoken, with a warning', async () => {
    const sse = chunk({ content: 'One moment. <tool_call>opening_hours(monday)</tool_call>' }) + stop;
    const { events, heard } = await call(played(sse), { agent: { tools: { opening_hours } } });
    expect([ran, heard]).toEqual([[], ['One moment.']]);
    expect(ofType(events, 'warning').map(({ code }) => code)).toContain('llm_odd_messages');
  });

  it('whose arguments were encoded twice run, with a warning', async () => {
    const written = JSON.stringify('{"day":"monday"}');
    const fragment = { index: 0, id: 'a', function: { name: 'opening_hours', arguments: written } };
    const { events } = await call(played(chunk({ tool_calls: [fragment] }) + stop, answer), {
      agent: { tools: { opening_hours } },
    });
    expect(ran).toEqual(['monday']);
    expect(ofType(events, 'warning').map(({ message }) => message)).toEqual([
      expect.stringContaining('tool arguments that were encoded twice'),
    ]);
  });

  it('keep the text before them in the history, and it is not said twice', async () => {
    const fragment = {
      index: 0,
      id: 'a',
      function: { name: 'opening_hours', arguments: '{"day":"friday"}' },
    };
    const first = chunk({ content: 'Let me look. ' }) + chunk({ tool_calls: [fragment] }) + stop;
    const { messages } = await call(played(first, answer), { agent: { tools: { opening_hours } } });
    const contents = (sent: readonly ChatMessage[]): string[] =>
      sent.flatMap(({ role, content }) => (role === 'assistant' ? [content] : []));
    expect(contents(simulators[0]!.requests[1]!.messages)).toEqual(['Let me look.']);
    expect(contents(messages)).toEqual(['Let me look.', 'From nine to six.']);
  });

  it('that are silent may be followed by silence', async () => {
    const { events } = await call(played(await wire('parallel-index-0'), await wire('empty')), {
      agent: { tools: { opening_hours: { ...opening_hours, silent: true } } },
    });
    expect(simulators[0]!.requests).toHaveLength(2);
    expect(ofType(events, 'error')).toEqual([]);
  });

  it('are otherwise confirmed: the model is asked once more', async () => {
    const { events, heard } = await call(
      played(await wire('parallel-index-0'), await wire('empty'), chunk({ content: 'Done.' }) + stop),
      { agent: { tools: { opening_hours } } },
    );
    expect(heard).toEqual(['Done.']);
    expect(ran).toHaveLength(2);
    expect(simulators[0]!.requests).toHaveLength(3);
    expect(ofType(events, 'error')).toEqual([]);
  });
});

describe('a server with a strict template', () => {
  it('(as recorded) gets the request in another form, and its error is in the log', async () => {
    const { heard } = await call(played(await wire('roles-400'), chunk({ content: question }) + stop));
    expect(heard).toEqual([question]);
    const forever = await wire('roles-400');
    await relay.close();
    const { events } = await call(played(forever));
    const [error] = ofType(events, 'error');
    expect(error?.message).toContain('Conversation roles must alternate user/assistant');
    expect(error?.message).not.toContain('no body');
  });
});
