import type { AudioFrame } from '../../audio/audio-frame.js';
import type { Heard, HeardMark, Transport, TransportListener } from '../../transport/transport.js';

/** Receives what passes through a transport in both directions. Must not throw. */
export interface TransportSink {
  /** The caller's audio, as it arrives. */
  onAudio(frame: AudioFrame): void;
  /** The agent's audio, as it is queued. */
  onPlay(frame: AudioFrame): void;
  onHeard(mark: HeardMark): void;
  onPause(heard: Promise<Heard>): void;
  onResume(fromSamples: number): void;
  onClear(heard: Promise<Heard>): void;
}

/**
 * The same transport, with a sink that receives its audio and playout. All other members, including those that only its
 * class has, work as before.
 */
export function recordedTransport<T extends Transport>(transport: T, sink: TransportSink): T {
  const tapped: Pick<Transport, 'start' | 'play' | 'pause' | 'resume' | 'clear'> = {
    start: (listener) => transport.start(tappedListener(listener, sink)),
    play: (frame) => {
      const before = transport.queuedSamples;
      transport.play(frame);
      // After the end of the call, `play` queues nothing.
      if (transport.queuedSamples > before) sink.onPlay(frame);
    },
    pause: () => {
      const heard = transport.pause();
      sink.onPause(heard);
      return heard;
    },
    resume: (fromSamples) => {
      transport.resume(fromSamples);
      sink.onResume(fromSamples);
    },
    clear: () => {
      const heard = transport.clear();
      sink.onClear(heard);
      return heard;
    },
  };
  return new Proxy(transport, {
    get(target, name) {
      if (Object.hasOwn(tapped, name)) return Reflect.get(tapped, name) as unknown;
      const value: unknown = Reflect.get(target, name, target);
      // Methods need the transport as `this`, not the proxy: they use private fields.
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

function tappedListener(listener: TransportListener, sink: TransportSink): TransportListener {
  return {
    onAudio: (frame) => {
      sink.onAudio(frame);
      listener.onAudio(frame);
    },
    onHeard: (mark) => {
      sink.onHeard(mark);
      listener.onHeard(mark);
    },
    onDtmf: (digit) => listener.onDtmf(digit),
    onTypedText: (text) => listener.onTypedText(text),
    onWarning: (warning) => listener.onWarning(warning),
    onMediaResumed: (gapMs) => listener.onMediaResumed?.(gapMs),
    ...(listener.onLost && { onLost: (cause: string) => listener.onLost?.(cause) }),
    onBack: () => listener.onBack?.(),
    onEnd: (reason, cause) => listener.onEnd(reason, cause),
  };
}
