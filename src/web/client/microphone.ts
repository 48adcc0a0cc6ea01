/** The visitor's microphone: opened, chosen, muted, closed. */
import { microphoneFailure, type Failure } from '../model/failures.js';

/** A microphone that can be chosen. */
export interface MicrophoneChoice {
  readonly deviceId: string;
  readonly label: string;
}

/** Capture latency if the browser does not report it: a common buffer size. */
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
   * Opens the chosen microphone, or the system's default if that is gone. The browser may ask the visitor for permission.
   * Resolves with a failure if there is no microphone. Close it with {@link close}.
   */
  static async open(deviceId: string): Promise<Microphone | Failure> {
    // The type library says that it always exists; pages over plain HTTP have none.
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

  /** The available microphones; without names until the visitor has allowed one. */
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

  /** Capture latency. */
  get latencyMs(): number {
    const { latency } = this.#track.getSettings() as MediaTrackSettings & { readonly latency?: number };
    return latency === undefined ? usualLatencyMs : latency * 1000;
  }

  /** A muted microphone sends silence. */
  set muted(muted: boolean) {
    this.#track.enabled = !muted;
  }

  /** Releases the device. Idempotent. */
  close(): void {
    this.#track.stop();
  }
}

/** Requests a chosen device with `exact`: Chromium uses its default if a device is only preferred. */
function wanted(deviceId: string): MediaTrackConstraints {
  return {
    ...(deviceId !== '' && { deviceId: { exact: deviceId } }),
    channelCount: { ideal: 1 },
    echoCancellation: true,
    noiseSuppression: true,
    autoGainControl: true,
  };
}
