/** The microphone's controls: device, level, mute. */
import { byId, make } from './elements.js';
import { Microphone } from '../client/microphone.js';

/** The meter's left end; quieter audio is room noise. */
const quietestDb = -60;
/** The meter's figure changes less often than its bar, for screen readers. */
const figureEveryMs = 500;

export interface MicrophonePanelListener {
  onChosen(deviceId: string): void;
  onMuted(muted: boolean): void;
}

export class MicrophonePanel {
  readonly #choice = byId('microphone', HTMLSelectElement);
  readonly #mute = byId('mute', HTMLButtonElement);
  readonly #level = byId('level', HTMLDivElement);
  readonly #bar: HTMLElement;
  #figureMs = 0;

  constructor(listener: MicrophonePanelListener) {
    this.#bar = this.#level.appendChild(make('div', 'level-bar'));
    this.#choice.addEventListener('change', () => listener.onChosen(this.#choice.value));
    this.#mute.addEventListener('click', () => {
      const muted = this.#mute.getAttribute('aria-pressed') !== 'true';
      this.#mute.setAttribute('aria-pressed', String(muted));
      this.#mute.textContent = muted ? 'Unmute' : 'Mute';
      listener.onMuted(muted);
    });
  }

  /** The chosen device's id; '' for the system's choice. */
  get chosen(): string {
    return this.#choice.value;
  }

  get muted(): boolean {
    return this.#mute.getAttribute('aria-pressed') === 'true';
  }

  /** Lists the microphones and marks the one in use. */
  async refresh(microphone: Microphone | null): Promise<void> {
    const choices = await Microphone.choices();
    // Without the visitor's permission the devices have no names to choose from.
    if (choices.length === 0) return;
    const chosen = microphone?.deviceId ?? this.#choice.value;
    this.#choice.replaceChildren(
      ...choices.map(({ deviceId, label }) => new Option(label, deviceId, false, deviceId === chosen)),
    );
  }

  /** Shows the visitor's level: the root mean square, with full scale 1. */
  showLevel(rms: number): void {
    const db = 20 * Math.log10(Math.max(rms, 1e-6));
    const share = Math.min(1, Math.max(0, 1 - db / quietestDb));
    this.#bar.style.clipPath = `inset(0 ${(100 - share * 100).toFixed(1)}% 0 0)`;
    const nowMs = performance.now();
    if (nowMs - this.#figureMs < figureEveryMs) return;
    this.#figureMs = nowMs;
    this.#level.setAttribute('aria-valuenow', (share * 100).toFixed(0));
  }
}
