/** A supervised stream over scripted recognisers, in virtual time. */
import type { ProviderIncident } from '#src/events/provider-incident.js';
import type { Candidate } from '#src/fallback/policy/candidate.js';
import type { Supervision } from '#src/fallback/policy/supervision.js';
import { supervisedSpeechToText } from '#src/fallback/stt/supervised-speech-to-text.js';
import type { SpeechToText, SpeechToTextStream, SttEvent } from '#src/providers/speech-to-text.js';
import { VirtualClock } from '#src/simulators/virtual-clock.js';
import { ScriptedSpeechToText, type ScriptedSpeechToTextOptions } from './scripted-speech-to-text.js';

export interface Scene {
  readonly clock: VirtualClock;
  readonly stt: SpeechToText;
  readonly stream: SpeechToTextStream;
  readonly events: SttEvent[];
  readonly incidents: ProviderIncident[];
  /** Lets the line carry silence at its pace. */
  readonly line: (ms: number) => void;
  /** Writes as much audio at once. */
  readonly burst: (ms: number) => void;
  readonly finals: () => string[];
}

/** Opens a supervised stream. */
export function begin(
  candidates: readonly Candidate<SpeechToText>[],
  supervision: Partial<Supervision> = {},
): Scene {
  const clock = new VirtualClock();
  const stt = supervisedSpeechToText({ candidates, clock, supervision, random: () => 0.5 });
  const events: SttEvent[] = [];
  const incidents: ProviderIncident[] = [];
  const stream = stt.open({
    format: { encoding: 'linear16', sampleRateHz: 8000 },
    signal: new AbortController().signal,
    onEvent: (event) => events.push(event),
    onIncident: (incident) => incidents.push(incident),
  });
  const write = (): void => stream.write({ samples: new Int16Array(160), sampleRateHz: 8000 });
  const burst = (ms: number): void => Array.from({ length: ms / 20 }).forEach(write);
  const line = (ms: number): void => {
    for (let passedMs = 0; passedMs < ms; passedMs += 20) {
      clock.advance(20);
      write();
    }
  };
  const finals = (): string[] => events.flatMap((event) => (event.type === 'final' ? [event.text] : []));
  return { clock, stt, stream, events, incidents, line, burst, finals };
}

export const scripted = (options: ScriptedSpeechToTextOptions = {}): ScriptedSpeechToText =>
  new ScriptedSpeechToText(options);
/** What happened, in order. */
export const types = (incidents: readonly ProviderIncident[]): string[] => incidents.map(({ type }) => type);

/** Something is said, and a flush follows. */
export function utter({ stream, line }: Scene, ms: number): void {
  stream.speechStarted?.();
  line(ms);
  stream.flush();
}
