/** The visitor's microphone: asked for, chosen, muted, given back. */
import { microphoneFailure, type Failure } from '../model/failures.js';

/** A microphone that can be chosen. */
export interface MicrophoneChoice {
  readonly deviceId: string;
  readonly label: string;
}

/** Capture latency where the browser does not tell: a common buffer. */
const usualLatencyMs = 10;

export class Microphone {
  readonly stream: MediaStream;
  /** Called when the device is unplugged or the permission withdrawn. */
  onGone: (() => void) | null = null;
  readonly #track: MediaStreamTrack;

  private constructor(stream: MediaStream, track: MediaStreamTrack) {
    this.stream = stream;
    this.#track = track;
    // Not fired by our own `stop()`.
    track.addEventListener('ended', () => this.onGone?.());
  }

  /**
   * Asks for a microphone: the chosen one, or whichever the system prefers where that is gone. The browser asks the visitor
   * if need be. Resolves with the failure where there is none to be had. Close it with {@link close}.
   */
  static async open(deviceId: string): Promise<Microphone | Failure> {
    // Old type libraries promise it everywhere; pages over plain HTTP have none.
    const devices = navigator.mediaDevices as MediaDevices | undefined;
    if (!devices) return { kind: isSecureContext ? 'microphone_missing' : 'insecure_origin' };
    try {
      const stream = await devices.getUserMedia({ audio: wanted(deviceId) });
      const [track] = stream.getAudioTracks();
      return track ? new Microphone(stream, track) : { kind: 'microphone_missing' };
    } catch (thrown) {
      const name = thrown instanceof DOMException ? thrown.name : '';
      return name === 'OverconstrainedError' && deviceId !== ''
        ? Microphone.open('')
        : microphoneFailure(name);
    }
  }

  /** The microphones that can be chosen; without their names before the visitor has allowed one. */
  static async choices(): Promise<readonly MicrophoneChoice[]> {
    const devices = navigator.mediaDevices as MediaDevices | undefined;
    const known = (await devices?.enumerateDevices()) ?? [];
    return known
      .filter(({ kind, label }) => kind === 'audioinput' && label !== '')
      .map(({ deviceId, label }) => ({ deviceId, label }));
  }

  get track(): MediaStreamTrack {
    return this.#track;
  }

  get deviceId(): string {
    return this.#track.getSettings().deviceId ?? '';
  }

  /** From the membrane to the page. */
  get latencyMs(): number {
    const { latency } = this.#track.getSettings() as MediaTrackSettings & { readonly latency?: number };
    return latency === undefined ? usualLatencyMs : latency * 1000;
  }

  /** A muted microphone sends silence. */
  set muted(muted: boolean) {
    this.#track.enabled = !muted;
  }

  /** Gives the device back. Idempotent. */
  close(): void {
    this.#track.stop();
  }
}

/** A chosen device is asked for exactly: Chromium takes its default where one is merely preferred. */
function wanted(deviceId: string): MediaTrackConstraints {
  return {
    ...(deviceId !== '' && { deviceId: { exact: deviceId } }),
    channelCount: { ideal: 1 },
    echoCancellation: true,
    noiseSuppression: true,
    autoGainControl: true,
  };
}
