/** The microphone's controls: which one, how loud, muted or not. */
import { byId, make } from './elements.js';
import { Microphone } from './microphone.js';

/** What the meter's left end stands for: below is the noise of a quiet room. */
const quietestDb = -60;
/** The meter's figure changes less often than its bar: screen readers need not hear each. */
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

  /** Shows which microphones there are, and which of them is in use. */
  async refresh(microphone: Microphone | null): Promise<void> {
    const choices = await Microphone.choices();
    // Without the visitor's permission they have no names, and a choice without names is none.
    if (choices.length === 0) return;
    const chosen = microphone?.deviceId ?? this.#choice.value;
    this.#choice.replaceChildren(
      ...choices.map(({ deviceId, label }) => new Option(label, deviceId, false, deviceId === chosen)),
    );
  }

  /** Shows how loud the visitor is: the root mean square of full scale 1. */
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
