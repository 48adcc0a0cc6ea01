import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, jest } from '@jest/globals';
import type { SessionEvent } from '../../events/session-event.js';
import { CliProcess } from '../../../test/harness/cli-process.js';
import { lightAgent } from '../../../test/harness/light-agents.js';
import { sideBySide } from '../../../test/harness/side-by-side.js';
import {
  startTwilioRestSimulator,
  type TwilioRestSimulator,
} from '../../simulators/twilio-rest/twilio-rest-simulator.js';

jest.setTimeout(180_000);

const publicUrl = 'https://example.ngrok.app';
const ours = `${publicUrl}/twilio/voice`;
const theirs = 'https://their-server.example.com/voice';
const audio = fileURLToPath(new URL('../../../fixtures/audio/friday.wav', import.meta.url));
const beside = sideBySide();
afterAll(() => CliProcess.killAll());

/** A test with a folder of its own. */
function held(name: string, test: (folder: string) => Promise<void>): void {
  beside(name, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'hzrelay-dev-'));
    // A process that is ending may still withdraw its address in there.
    const tidy = (): Promise<void> => rm(folder, { recursive: true, force: true, maxRetries: 5 });
    await test(folder).finally(tidy);
  });
}

describe('the Twilio number of hzrelay dev', () => {
  const number = '+15550001111';

  interface Numbered {
    readonly twilio: TwilioRestSimulator;
    readonly voiceUrl: () => string | undefined;
    readonly startDev: (...args: readonly string[]) => CliProcess;
  }

  /** A test with a number of its own, too. */
  function numbered(name: string, test: (its: Numbered) => Promise<void>): void {
    held(name, async (folder) => {
      const twilio = await startTwilioRestSimulator({
        numbers: [{ phoneNumber: number, voiceUrl: theirs }],
      });
      const env = { ...twilio.env, TWILIO_PHONE_NUMBER: number, XDG_STATE_HOME: folder };
      const dev = ['dev', lightAgent, '--port', '0', '--public-url', publicUrl];
      await test({
        twilio,
        voiceUrl: () => twilio.numbers[0]?.voiceUrl,
        startDev: (...args) => CliProcess.start([...dev, ...args], env),
      }).finally(() => twilio.close());
    });
  }

  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)
    numbered(
      `is pointed here while it runs, and back after ${signal}`,
      async ({ twilio, voiceUrl, startDev }) => {
        const dev = startDev();
        await dev.until(
          'stdout',
          /Calls to \+15550001111 arrive here; at the end they go to https:\/\/their/,
        );
        expect(voiceUrl()).toBe(ours);
        dev.signal(signal);
        const end = await dev.ended;
        expect(voiceUrl()).toBe(theirs);
        expect(end.code).toBe(code);
        expect(end.stdout).toMatch(
          /Calls to \+15550001111 go to https:\/\/their-server\.example\.com\/voice again/,
        );
        expect(JSON.stringify(end)).not.toContain(twilio.authToken);
      },
    );

  numbered(
    'that a crash left pointing here is put back by the next start, whatever that is for',
    async ({ voiceUrl, startDev }) => {
      const dev = startDev();
      await dev.until('stdout', /arrive here/);
      dev.signal('SIGKILL');
      await dev.ended;
      expect(voiceUrl()).toBe(ours);
      const next = startDev('--no-webhook');
      await next.until('stdout', /go to https:\/\/their-server\.example\.com\/voice again/);
      expect(voiceUrl()).toBe(theirs);
      next.signal('SIGINT');
      await next.ended;
    },
  );

  numbered(
    'goes back to what it was before the crash, also where the next start points it here anew',
    async ({ voiceUrl, startDev }) => {
      const dev = startDev();
      await dev.until('stdout', /arrive here/);
      dev.signal('SIGKILL');
      await dev.ended;
      const next = startDev();
      await next.until('stdout', /arrive here; at the end they go to https:\/\/their/);
      next.signal('SIGINT');
      await next.ended;
      expect(voiceUrl()).toBe(theirs);
    },
  );
});

describe('the tunnel of hzrelay dev', () => {
  held('that cannot be had is one clear line, and everything local works', async () => {
    const dev = CliProcess.start(['dev', lightAgent, '--port', '0'], {
      NGROK_AUTHTOKEN: 'a-token-of-no-account',
    });
    const [, url = ''] = await dev.until('stdout', /is ready on (http:\S+)/);
    await dev.until('stdout', /WARN {2}There is no tunnel: .*The relay still works on this machine\./);
    const caller = await CliProcess.run(['replay', audio, '--url', url, '--quiet', '--barge-in', '300']);
    expect(caller.code).toBe(0);
    dev.signal('SIGINT');
    const { stdout, stderr } = await dev.ended;
    expect(stdout + stderr).not.toContain('a-token-of-no-account');
  });
});

describe('the agent file of hzrelay dev', () => {
  const agent = (greeting: string): string =>
    `import { defineAgent } from 'hzrelay';
import { llm, stt, tts } from ${JSON.stringify(lightAgent)};
export default defineAgent({ systemPrompt: 'A desk.', greeting: '${greeting}' as string, llm, stt, tts });
`;

  /** What the caller was greeted with, in calls to this address. */
  async function greeted(url: string): Promise<string> {
    const { stdout } = await CliProcess.run(['replay', audio, '--url', url, '--json']);
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as SessionEvent);
    return events.find((event) => event.type === 'turn.end')?.heardText ?? '';
  }

  held(
    'is heard in the next call as it was saved last; a mistake leaves the last good version',
    async (folder) => {
      const file = join(folder, 'mine.ts');
      await writeFile(file, agent('Good morning.'));
      const dev = CliProcess.start(['dev', file, '--port', '0']);
      const [, url = ''] = await dev.until('stdout', /is ready on (http:\S+)/);
      await dev.until('stdout', /Agent +mine\.ts/);
      expect(await greeted(url)).toBe('Good morning.');
      await writeFile(file, agent('Good evening.'));
      await dev.until('stdout', /INFO {2}mine\.ts was loaded/);
      expect(await greeted(url)).toBe('Good evening.');
      await writeFile(file, 'export default {');
      await dev.until('stdout', /ERR +mine\.ts cannot be loaded/);
      expect(await greeted(url)).toBe('Good evening.');
      dev.signal('SIGINT');
      await dev.ended;
    },
  );

  held('that cannot be used keeps it from starting, with the reason and exit code 2', async (folder) => {
    const file = join(folder, 'mine.ts');
    await writeFile(file, `export default { agent: { systemPrompt: 7 } };`);
    const { code, stdout, stderr } = await CliProcess.run(['dev', file, '--port', '0']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/mine\.ts: .*\n.*agent\.systemPrompt/);
  });
});

describe('the log file of hzrelay dev', () => {
  held('gets every line, details too', async (folder) => {
    const log = join(folder, 'dev.log');
    const dev = CliProcess.start(['dev', lightAgent, '--port', '0', '--log', log]);
    const [, url = ''] = await dev.until('stdout', /is ready on (http:\S+)/);
    await CliProcess.run(['replay', audio, '--url', url, '--quiet', '--barge-in', '300']);
    dev.signal('SIGINT');
    await dev.ended;
    const lines = (await readFile(log, 'utf8')).trimEnd().split('\n');
    expect(lines.join('\n')).toMatch(/^\S+Z {2}[0-9a-f]{8} {2}INFO +inbound: twilio/m);
    expect(lines.join('\n')).toMatch(/transcript\.partial/);
  });

  held('that cannot be written is bad usage', async (folder) => {
    const log = join(folder, 'no', 'dev.log');
    const { code, stderr } = await CliProcess.run(['dev', '--port', '0', '--log', log]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/--log: .*cannot be written/);
  });
});
