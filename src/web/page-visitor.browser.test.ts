/** What a first visitor sees on the test page, and the relay's calls on it, in a real browser and in real time. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { AxeResults } from 'axe-core';
import { PageRelay } from '../../test/harness/page-relay.js';
import type { PageVisit } from '../../test/harness/page-visit.js';
import type { RelaySessionConfig } from '../relay/config/config.js';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

let site: PageRelay;
let folder = '';

beforeAll(async () => {
  site = await PageRelay.launch();
  folder = mkdtempSync(join(tmpdir(), 'hzrelay-visitor-'));
});

afterEach(() => site.end());

afterAll(async () => {
  await site.close();
  rmSync(folder, { recursive: true });
});

const greeting = 'Hello, this is the appointment desk. Tell me the day that you would like to come.';

/** A session that greets and repeats what it is told. */
function greeter(): RelaySessionConfig {
  return {
    inbound: { type: 'webrtc' },
    stt: site.voices.stt,
    tts: site.voices.tts,
    llm: ({ messages }) => messages.findLast(({ role }) => role === 'user')?.content ?? '',
    agent: { systemPrompt: 'Say back what you were told.', greeting },
  };
}

/** What the page breaks of the Web Content Accessibility Guidelines 2.2, levels A and AA, as far as a program can tell. */
async function barriers({ page }: PageVisit): Promise<string[]> {
  await page.evaluate(axe);
  const { violations } = await page.evaluate<AxeResults>(
    "axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] })",
  );
  return violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${String(target)}`));
}

/** The words of the agent's first answer that are shown as heard. */
async function heardWords({ page }: PageVisit): Promise<string> {
  const words = page.locator('.entry.agent .words').first();
  return (await words.count()) === 0 ? '' : words.innerText();
}

/** Plays the past call's recording for a moment; resolves with its whole length. */
function playedSeconds({ page }: PageVisit): Promise<number> {
  return page.evaluate<number>(`new Promise((resolve, reject) => {
    const audio = document.getElementById('past-audio');
    audio.ontimeupdate = () => audio.currentTime > 0.2 && resolve(audio.duration);
    audio.play().catch(reject);
  })`);
}

describe('a first visitor', () => {
  it('reads who answers and what to say, and begins a call by pressing it', async () => {
    await site.start({
      session: greeter(),
      page: { agent: 'an appointment desk', suggestions: ['book my appointment'] },
    });
    const visitor = await site.visit();
    await visitor.page.getByText('You will talk to an appointment desk.').waitFor();
    expect(await visitor.page.getByText('It hears with').isVisible()).toBe(true);
    const asked = site.next('transcript.final');
    await visitor.button('“book my appointment”').click();
    expect(await asked).toMatchObject({ text: 'book my appointment', typed: true });
    expect(visitor.complaints).toEqual([]);
  });

  it('reads the greeting’s words as they are spoken', async () => {
    await site.start({ session: greeter() });
    // Its microphone would speak into the greeting.
    const visitor = await site.visit({ microphone: false });
    const started = site.next('tts.audio_start');
    const ended = site.next('turn.end');
    await visitor.connect();
    await started;
    const seen: string[] = [];
    const over = ended.then(() => 'over' as const);
    for (let words: string | null = ''; words !== null;) {
      if (words !== seen.at(-1)) seen.push(words);
      words = await Promise.race([over.then(() => null), heardWords(visitor)]);
    }
    const growing = seen.filter((words) => words !== '' && words !== '…' && words !== greeting);
    expect(growing.length).toBeGreaterThan(2);
    for (const words of growing) expect(greeting.startsWith(words)).toBe(true);
    await visitor.page.getByText(greeting).first().waitFor();
  });

  it('is told what the names of the latency’s parts mean', async () => {
    await site.start();
    const visitor = await site.visit();
    await visitor.page.getByText('What these names mean').click();
    await visitor.page.getByText('waiting to be sure that you have finished').waitFor();
  });
});

describe('the list of calls', () => {
  it('shows a past call with its words, its latency and its audio, and the own call again', async () => {
    await site.start({ session: greeter(), record: folder });
    const first = await site.visit({ microphone: false });
    const answered = new Promise((resolve) =>
      site.relay.on('turn.end', ({ turn }) => turn === 1 && resolve(turn)),
    );
    const greeted = site.next('turn.end');
    await first.connect();
    await greeted;
    await first.type('book my appointment');
    await answered;
    const ended = site.next('session.end');
    await first.button('Disconnect').click();
    await ended;

    const visitor = await site.visit();
    await visitor.page.getByText('You will talk to').waitFor();
    await visitor.button('Calls').click();
    const past = visitor.page.getByRole('button', {
      name: /a browser.*1 turn.*the caller hung up.*recorded/s,
    });
    await past.waitFor();
    expect(await barriers(visitor)).toEqual([]);
    await past.click();
    await visitor.page.getByText('the caller hung up').first().waitFor();
    expect(await visitor.lines('transcript')).toEqual([
      `Agent\n${greeting}`,
      'Youtyped\nbook my appointment',
      'Agent\nbook my appointment',
    ]);
    await visitor.page.locator('#latency .figure').filter({ hasText: 'turn 1' }).waitFor();
    expect(await playedSeconds(visitor)).toBeGreaterThan(2);
    expect(await barriers(visitor)).toEqual([]);
    await visitor.button('Back to your own call').click();
    expect(await visitor.lines('transcript')).toEqual([]);
    await visitor.page.getByText('You will talk to').waitFor();
    expect(visitor.complaints).toEqual([]);
    expect(await visitor.violations()).toEqual([]);
  });
});

describe('a running call of somebody else', () => {
  it('is shown as it goes on', async () => {
    await site.start({ session: greeter() });
    const caller = await site.visit({ microphone: false });
    const greeted = site.next('turn.end');
    await caller.connect();
    await greeted;
    const visitor = await site.visit({ microphone: false });
    await visitor.button('Calls').click();
    await visitor.page.getByRole('button', { name: /running/ }).click();
    await visitor.page.getByText(greeting).first().waitFor();
    await caller.type('book my appointment');
    await visitor.page.locator('.entry.caller', { hasText: 'book my appointment' }).waitFor();
    await visitor.page.locator('.entry.agent.said', { hasText: 'book my appointment' }).waitFor();
    expect(await visitor.lines('transcript')).toHaveLength(3);
    await caller.button('Disconnect').click();
    await visitor.page.locator('#log > li', { hasText: 'ended: hangup' }).waitFor();
    await visitor.page.locator('#past-title', { hasText: 'the caller hung up' }).waitFor();
    expect(visitor.complaints).toEqual([]);
  });
});

describe('the page', () => {
  it('has no barrier for people who use it by keyboard, by ear, or with weak eyes: before and in a call', async () => {
    await site.start({ session: greeter() });
    const visitor = await site.visit();
    await visitor.page.getByText('It hears with').waitFor();
    expect(await barriers(visitor)).toEqual([]);
    const greeted = site.next('turn.end');
    await visitor.connect();
    await greeted;
    await visitor.page.getByText('What these names mean').click();
    expect(await barriers(visitor)).toEqual([]);
  });
});
