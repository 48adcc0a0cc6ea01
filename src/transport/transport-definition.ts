/**
 * What the rest of the project knows about a transport outside a call. Each folder under `transport/` has one
 * definition, which is only data; `registry.ts` lists them. Config, metrics, warm-up, replay and the command line
 * follow from the list. Two more lists by type hold the parts outside the folder: routes in
 * `relay/http/transport-routes.ts`, and the simulated caller in `replay/simulated-callers.ts`.
 */
import type { AudioFormat } from '../audio/audio-frame.js';

export interface TransportDefinition<Type extends string = string> {
  /** Name in the config (`inbound.type`), events, logs and metrics. */
  readonly type: Type;
  /** Adjective before the word call: `phone`. */
  readonly title: string;
  /** Phrase after a verb: `by phone`. */
  readonly way: string;
  /** Format of the audio that the transport plays. */
  readonly plays: AudioFormat;
  /** Format of the caller's audio that the transport delivers. */
  readonly hears: AudioFormat;
  /** Whether the carrier keeps the caller on the line after the session and asks what to do next. */
  readonly asksAfterCall: boolean;
}
