/** What is wrong with a call, judged by its events alone. */

/** The turns' transcripts as they finally stood: a turn that was continued gets a later, longer one. */
export function transcriptsOf(events) {
  const texts = new Map();
  for (const event of events) if (event.type === 'transcript.final') texts.set(event.turn, event.text);
  return [...texts].sort(([a], [b]) => a - b).map(([, text]) => text);
}

/** What no call may get wrong, whoever hangs up and when. Empty where all is well. */
export function brokenPromises(events) {
  if (events.length === 0) return [];
  const problems = [];
  const count = (type) => events.filter((event) => event.type === type).length;
  if (events.at(-1).type !== 'session.end' || count('session.end') !== 1)
    problems.push(`session.end is not the last event and only once, but the last is ${events.at(-1).type}`);
  if (count('tts.audio_start') !== count('tts.audio_end'))
    problems.push(`${count('tts.audio_start')} tts.audio_start, ${count('tts.audio_end')} tts.audio_end`);
  if (count('llm.tool_call') < count('llm.tool_result'))
    problems.push(`${count('llm.tool_call')} tool calls have ${count('llm.tool_result')} results`);
  const ends = events.filter(({ type }) => type === 'turn.end').map(({ turn }) => turn);
  const begun = events.filter(({ type }) => type === 'turn.start' || type === 'tts.audio_start');
  for (const turn of new Set(begun.map((event) => event.turn)))
    if (ends.filter((ended) => ended === turn).length !== 1) problems.push(`turn ${turn} has not ended once`);
  for (const event of events) if (event.type === 'error') problems.push(`an error: ${event.message}`);
  return problems;
}

/**
 * What is wrong with a call of a polite caller: beyond the above, every recording is recognised word for word and
 * answered, every ear is measured, and the phone has nothing to complain about.
 */
export function problemsOfPoliteCall({ events, turns }, phone, texts) {
  const problems = brokenPromises(events);
  if (events.length === 0) problems.push('the call has no events');
  const heard = transcriptsOf(events);
  if (JSON.stringify(heard) !== JSON.stringify(texts))
    problems.push(`heard ${JSON.stringify(heard)}, said ${JSON.stringify(texts)}`);
  for (const { name, said, answered } of turns)
    if (!said || !answered) problems.push(`${name} got no answer`);
  for (const event of events) {
    if (event.type === 'warning') problems.push(`a warning: ${event.code}`);
    if (event.type === 'turn.end' && event.turn > 0 && event.latency.ear !== 'measured')
      problems.push(`turn ${event.turn} has no measured ear: ${event.latency.absent ?? event.latency.ear}`);
  }
  for (const { message } of phone.faults) problems.push(`the phone complains: ${message}`);
  return problems;
}
