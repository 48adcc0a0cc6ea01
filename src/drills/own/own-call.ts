/**
 * One call of a drill with the user's own providers: a relay of its own with the first provider of each kind, of which the drilled
 * one fails. Only the failure and the caller are simulated.
 */
import { systemClock } from '../../core/clock.js';
import type { SessionEvent } from '../../events/session-event.js';
import type { LanguageModel } from '../../providers/language-model.js';
import { defineProvider } from '../../providers/provider-definition.js';
import { replayCall } from '../../replay/replay-call.js';
import type { Recording } from '../../replay/recordings.js';
import type { AgentConfig, RelaySessionConfig } from '../../relay/config/config.js';
import { createRelay } from '../../relay/create.js';
import type { TransportType } from '../../transport/transport.js';
import { drillApology } from '../drill-stage.js';
import { brokenLanguageModel } from './broken-language-model.js';
import { brokenSpeechToText } from './broken-speech-to-text.js';
import { brokenTextToSpeech } from './broken-text-to-speech.js';
import { FaultSwitch } from './fault-switch.js';
import type { OwnDrill } from './own-drill.js';
import type { OwnProviders } from './own-providers.js';
import type { OwnRun } from './own-verdict.js';

/** The answer may arrive only after a timeout and a retry. */
const patient = { answerWithinMs: 40_000, greetingWithinMs: 30_000 };
/** An interrupted answer may be continued. */
const morePatient = { ...patient, finishedAfterMs: 4000 };

export interface OwnCallOptions {
  readonly providers: OwnProviders;
  readonly via: TransportType;
  readonly recordings: readonly Recording[];
  readonly session: RelaySessionConfig;
  readonly signal: AbortSignal | undefined;
}

/** Holds one call with the fault of the drill; null: without a fault. Rejects if the relay cannot start or the call fails. */
export async function holdOwnCall(
  drill: OwnDrill | null,
  { providers, via, recordings, session, signal }: OwnCallOptions,
): Promise<OwnRun> {
  const fault: { atMs: number | null; sessionMs: number } = { atMs: null, sessionMs: 0 };
  const onFault = (): void => {
    fault.atMs ??= systemClock.nowMs();
  };
  const switches = {
    stt: new FaultSwitch('stt', drill, onFault),
    llm: new FaultSwitch('llm', drill, onFault),
    tts: new FaultSwitch('tts', drill, onFault),
  };
  switches.stt.arm();
  switches.llm.arm();
  const broken = {
    stt: brokenSpeechToText(providers.stt, switches.stt),
    llm: brokenLanguageModel(providers.llm, switches.llm),
    tts: brokenTextToSpeech(providers.tts, switches.tts),
  };
  // A model that is the user's own object or function is never asked twice; one with a name is.
  const model = providers.isNamedModel ? named(broken.llm) : null;
  const first = drill?.kind === 'llm' && model ? model.config({}) : drill && broken[drill.kind];
  const standIn = drill?.fallback ? { [drill.kind]: [first, { provider: 'local' }] } : {};
  const relay = createRelay({
    port: 0,
    clock: systemClock,
    session: {
      ...session,
      ...broken,
      ...(model && { llm: model.config({}), providers: [...(session.providers ?? []), model] }),
      ...standIn,
      agent: agentOf(session),
    } as RelaySessionConfig,
  });
  const events: SessionEvent[] = [];
  const note = (event: SessionEvent): void => {
    events.push(event);
    if (event.type === 'session.start') fault.sessionMs = systemClock.nowMs() - event.atMs;
    // The greeting has no fault. An answer may be begun before its turn is.
    if (event.type === 'speech.start') switches.tts.arm();
  };
  try {
    await relay.listen();
    relay.on('*', note);
    const { recording } = await replayCall({
      url: relay.url,
      clock: systemClock,
      via,
      recordings,
      behaviour: drill?.fault.at === 'in_the_middle' ? morePatient : patient,
      events: {
        subscribe: (listener) => {
          relay.on('*', listener);
          return () => relay.off('*', listener);
        },
      },
      ...(process.env.TWILIO_AUTH_TOKEN !== undefined && { authToken: process.env.TWILIO_AUTH_TOKEN }),
      ...(signal && { signal }),
    });
    await relay.close();
    const left = Object.entries(switches).flatMap(([kind, { open }]) =>
      open > 0 ? [`${open} streams of the ${kind}`] : [],
    );
    return {
      caller: { events, failure: recording ? null : 'the call was not answered' },
      faultMs: fault.atMs === null ? null : fault.atMs - fault.sessionMs,
      recording,
      left,
      hasSilentRecogniser: switches.stt.isSilent,
    };
  } finally {
    await relay.close();
  }
}

/** The model under a name, as a config names it. */
function named(model: LanguageModel) {
  return defineProvider({ kind: 'llm', name: 'drilled', fields: {}, create: () => model });
}

/** The agent without its tools, and with texts by which the drill knows what was heard. */
function agentOf({ agent }: RelaySessionConfig): AgentConfig {
  const known = agent ?? { systemPrompt: 'You answer the phone. Keep your answers short.' };
  return { ...known, tools: {}, greeting: 'Hello.', apology: drillApology, filler: '' };
}
