/** A call in a React page: `hzrelay/react`. */
import { useCallback, useEffect, useRef, useState } from 'react';
import type { SessionEvent } from '../../events/session-event.js';
import { transcriptAfter, type Transcript } from '../../call-view/transcript.js';
import { connect, inCall, type BrowserCall, type CallOptions, type CallState } from '../client/index.js';
import type { Failure } from '../model/failures.js';
import { idle } from '../model/call-state.js';

export interface UseCallOptions extends CallOptions {
  /** Called with every event of the session. */
  readonly onEvent?: (event: SessionEvent) => void;
}

export interface Calling {
  readonly state: CallState;
  /** Whether a call is running or being set up. */
  readonly inCall: boolean;
  /** What both sides said, as it was heard. It stays after the call. */
  readonly transcript: Transcript;
  /** What failed in this call, one of each kind. `failureText` puts it into words. */
  readonly problems: readonly Failure[];
  readonly muted: boolean;
  /** The call itself, for its levels, statistics and other events; null before the first. */
  readonly call: BrowserCall | null;
  /** Calls the agent; call it on a click. Does nothing during a call. */
  start(): void;
  hangUp(): void;
  /** Sends a typed turn; without a call it begins one. */
  say(text: string): void;
  mute(muted?: boolean): void;
  /** Plays the agent after a click, where the browser kept it silent (`playback_blocked`). */
  play(): void;
}

/**
 * One call at a time, which ends when the component goes. Changed options are those of the next call, but for `muted`, which
 * only says how it begins.
 */
export function useCall(options: UseCallOptions = {}): Calling {
  const latest = useRef(options);
  const current = useRef<BrowserCall | null>(null);
  const [call, setCall] = useState<BrowserCall | null>(null);
  const [state, setState] = useState<CallState>(idle);
  const [transcript, setTranscript] = useState<Transcript>([]);
  const [problems, setProblems] = useState<readonly Failure[]>([]);
  const [muted, setMuted] = useState(options.muted ?? false);
  const isMuted = useRef(muted);
  useEffect(() => {
    latest.current = options;
  });
  useEffect(() => () => current.current?.close(), []);

  const begin = useCallback((): BrowserCall => {
    const running = current.current;
    if (running && inCall(running.state)) return running;
    const next = connect({ ...latest.current, muted: isMuted.current });
    current.current = next;
    setCall(next);
    setProblems([]);
    next.on('state', (reached) => current.current === next && setState(reached));
    next.on('problem', (failure) => {
      if (current.current !== next) return;
      setProblems((known) => [...known.filter(({ kind }) => kind !== failure.kind), failure]);
    });
    next.on('event', (event) => {
      setTranscript((before) => transcriptAfter(before, event));
      latest.current.onEvent?.(event);
    });
    return next;
  }, []);

  return {
    state,
    inCall: inCall(state),
    transcript,
    problems,
    muted,
    call,
    start: () => void begin(),
    hangUp: () => current.current?.close(),
    say: (text) => begin().say(text),
    mute: (value = true) => {
      isMuted.current = value;
      setMuted(value);
      current.current?.mute(value);
    },
    play: () => {
      setProblems((known) => known.filter(({ kind }) => kind !== 'playback_blocked'));
      void current.current?.play();
    },
  };
}
