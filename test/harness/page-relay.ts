import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { readWav, writeWav } from '#src/audio/wav.js';
import { TestVoices } from '#src/drills/virtual-call.js';
import type { SessionEvent, SessionEventType } from '#src/events/session-event.js';
import { formatLogLine, sysLogLine } from '#src/events/sys-log.js';
import type { SpeechToText } from '#src/providers/speech-to-text.js';
import type { TextToSpeech } from '#src/providers/text-to-speech.js';
import type { SessionConfig } from '#src/relay/config/config.js';
import { createRelay } from '#src/relay/create.js';
import type { RelayOptions } from '#src/relay/relay-options.js';
import type { Relay } from '#src/relay/relay.js';
import { launchChromium } from './chromium.js';
import { PageVisit, type PageVisitOptions } from './page-visit.js';

/** For what hangs, not for what is slow. */
const maxWaitMs = 60_000;

/** What the sessions of a relay hear and speak with. */
export type PageVoices = Pick<TestVoices, 'warmUp' | 'close'> & {
  readonly stt: SpeechToText;
  readonly tts: TextToSpeech;
};

/** Chromium, whose visitors speak, and a relay, one at a time. */
export class PageRelay {
  readonly browser: Browser;
  readonly voices: PageVoices;
  events: SessionEvent[] = [];
  readonly #folder: string;
  #relay: Relay | null = null;

  private constructor(browser: Browser, voices: PageVoices, folder: string) {
    this.browser = browser;
    this.voices = voices;
    this.#folder = folder;
  }

  /** Launches the browser and warms the voices up, by default the embedded ones; {@link close} ends both. */
  static async launch(voices: PageVoices = new TestVoices()): Promise<PageRelay> {
    const folder = mkdtempSync(join(tmpdir(), 'hzrelay-page-'));
    const microphone = microphoneFile(folder, 'book-my-appointment-16k');
    const [browser] = await Promise.all([launchChromium({ microphoneFile: microphone }), voices.warmUp()]);
    return new PageRelay(browser, voices, folder);
  }

  /** The relay of the last {@link start}. */
  get relay(): Relay {
    if (!this.#relay) throw new Error('No relay was started.');
    return this.#relay;
  }

  /** Starts a relay whose agent repeats the caller's words, so that they can be recognised again. */
  async start(options: Partial<RelayOptions> = {}, session: Partial<SessionConfig> = {}): Promise<void> {
    const relay = createRelay({
      port: 0,
      session: {
        inbound: { type: 'webrtc' },
        stt: this.voices.stt,
        tts: this.voices.tts,
        llm: ({ messages }) => messages.findLast(({ role }) => role === 'user')?.content ?? '',
        agent: { systemPrompt: 'Say back what you were told.' },
        ...session,
      },
      ...options,
    });
    const events: SessionEvent[] = [];
    relay.on('*', (event) => events.push(event));
    this.events = events;
    this.#relay = relay;
    await relay.listen();
  }

  visit(options: PageVisitOptions = {}, path = '/'): Promise<PageVisit> {
    return PageVisit.open(this.browser, `${this.relay.url}${path}`, options);
  }

  /** Resolves with the next event of this type; rejects if none comes in time, with the events that did. */
  next<T extends SessionEventType>(type: T): Promise<SessionEvent<T>> {
    const { relay } = this;
    const seen: string[] = [];
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => {
        relay.off('*', listener);
        reject(
          new Error(`No ${type} came within ${maxWaitMs / 1000} s, but: ${seen.join(', ') || 'nothing'}.`),
        );
      }, maxWaitMs);
      const listener = (event: SessionEvent): void => {
        seen.push(formatLogLine(sysLogLine(event)));
        if (event.type !== type) return;
        clearTimeout(late);
        relay.off('*', listener);
        resolve(event as SessionEvent<T>);
      };
      relay.on('*', listener);
    });
  }

  count(type: SessionEventType): number {
    return this.events.filter((event) => event.type === type).length;
  }

  /** Closes all visits, and the relay. */
  async end(): Promise<void> {
    await Promise.all(this.browser.contexts().map((context) => context.close()));
    await this.relay.close();
  }

  async close(): Promise<void> {
    await this.browser.close();
    await this.voices.close();
    rmSync(this.#folder, { recursive: true });
  }
}

/** A microphone file in which the visitor speaks once, after the page has had time to connect. */
function microphoneFile(folder: string, name: string): string {
  const recording = readFileSync(new URL(`../../fixtures/audio/${name}.wav`, import.meta.url));
  const { samples, sampleRateHz } = readWav(recording);
  const before = 2 * sampleRateHz;
  const padded = new Int16Array(before + samples.length);
  padded.set(samples, before);
  const path = join(folder, `${name}.wav`);
  writeFileSync(path, writeWav({ channels: [padded], sampleRateHz }));
  return path;
}
