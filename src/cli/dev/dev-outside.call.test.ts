import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, jest } from '@jest/globals';
import { CliProcess } from '../../../test/harness/cli-process.js';
import { lightAgent } from '../../../test/harness/light-agents.js';
import { RelayCaller } from '../../../test/harness/relay-caller.js';
import { sideBySide } from '../../../test/harness/side-by-side.js';
import { drawn } from '../../../test/harness/thorough.js';
import {
  startTwilioRestSimulator,
  type TwilioRestSimulator,
} from '../../simulators/twilio-rest/twilio-rest-simulator.js';

jest.setTimeout(180_000);

const publicUrl = 'https://example.ngrok.app';
const ours = `${publicUrl}/twilio/voice`;
const theirs = 'https://their-server.example.com/voice';
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

  for (const [signal, code] of drawn(
    [
      ['SIGINT', 130],
      ['SIGTERM', 143],
    ] as const,
    1,
  ))
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
    'that a crash left pointing here goes back to what it was before, whether the next start points it here anew or not',
    async ({ voiceUrl, startDev }) => {
      const dev = startDev();
      await dev.until('stdout', /arrive here/);
      dev.signal('SIGKILL');
      await dev.ended;
      expect(voiceUrl()).toBe(ours);
      const anew = startDev();
      await anew.until('stdout', /arrive here; at the end they go to https:\/\/their/);
      anew.signal('SIGKILL');
      await anew.ended;
      expect(voiceUrl()).toBe(ours);
      const next = startDev('--no-webhook');
      await next.until('stdout', /go to https:\/\/their-server\.example\.com\/voice again/);
      expect(voiceUrl()).toBe(theirs);
      next.signal('SIGINT');
      await next.ended;
      expect(voiceUrl()).toBe(theirs);
    },
  );
});

describe('hzrelay dev', () => {
  held(
    'whose tunnel cannot be had says so in one clear line, works locally, and its log file gets every line',
    async (folder) => {
      const log = join(folder, 'dev.log');
      const dev = CliProcess.start(['dev', lightAgent, '--port', '0', '--log', log], {
        NGROK_AUTHTOKEN: 'a-token-of-no-account',
      });
      const [, url = ''] = await dev.until('stdout', /is ready on (http:\S+)/);
      await dev.until('stdout', /WARN {2}There is no tunnel: .*The relay still works on this machine\./);
      const { turns } = await RelayCaller.call(url, { behaviour: { bargeInMs: 300 } }).ended;
      expect(turns).toEqual([{ name: 'friday.wav', said: true, answered: true }]);
      dev.signal('SIGINT');
      const { stdout, stderr } = await dev.ended;
      const logged = (await readFile(log, 'utf8')).trimEnd();
      expect(logged).toMatch(/^\S+Z {2}[0-9a-f]{8} {2}INFO +inbound: twilio/m);
      expect(logged).toMatch(/transcript\.partial/);
      expect(logged).toMatch(/There is no tunnel/);
      expect(stdout + stderr + logged).not.toContain('a-token-of-no-account');
    },
  );

  held('whose log file cannot be written is bad usage', async (folder) => {
    const log = join(folder, 'no', 'dev.log');
    const { code, stderr } = await CliProcess.run(['dev', '--port', '0', '--log', log]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/--log: .*cannot be written/);
  });
});

describe('the agent file of hzrelay dev', () => {
  const agent = (greeting: string): string =>
    `import { defineAgent } from 'hzrelay';
import { llm, stt, tts } from ${JSON.stringify(lightAgent)};
export default defineAgent({ systemPrompt: 'A desk.', greeting: '${greeting}' as string, llm, stt, tts });
`;

  /** What the caller was greeted with, in a call to this address. */
  async function greeted(url: string): Promise<string> {
    const caller = RelayCaller.call(url);
    const { heardText } = await caller.until('turn.end');
    await caller.hangUp();
    return heardText;
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
