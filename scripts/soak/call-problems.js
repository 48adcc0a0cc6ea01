/** Finds the problems of a call from its events. */

/** The last transcript of each turn: a continued turn gets a later, longer one. */
export function transcriptsOf(events) {
  const texts = new Map();
  for (const event of events) if (event.type === 'transcript.final') texts.set(event.turn, event.text);
  return [...texts].sort(([a], [b]) => a - b).map(([, text]) => text);
}

/** The violations of rules that hold for every call, however it ends. Empty if there are none. */
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
 * The problems of a call with a polite caller. Besides the rules above, every recording must be recognised word for word and
 * answered, every ear measured, and the phone must record no faults.
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
  for (const { message } of phone.faults) problems.push(`the phone recorded a fault: ${message}`);
  return problems;
}
