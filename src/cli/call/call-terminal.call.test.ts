/** `hzrelay call` hangs up whatever becomes of its terminal and its reader. */
import { closeSync, openSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { speakConversation } from '../../replay/default-conversation.js';
import { CliProcess } from '../../../test/harness/cli-process.js';
import { CliTerminal } from '../../../test/harness/cli-terminal.js';
import { lightAgent } from '../../../test/harness/light-agents.js';
import {
  startTwilioRestSimulator,
  type TwilioRestSimulator,
} from '../../simulators/twilio-rest/twilio-rest-simulator.js';

jest.setTimeout(180_000);

const to = '+15550100001';
const from = '+15550100002';
let twilio: TwilioRestSimulator;
let folder: string;
let env: Readonly<Record<string, string>>;
let args: readonly string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hzrelay-call-terminal-'));
  const port = await freePort();
  twilio = await startTwilioRestSimulator({ callee: { does: 'answer', ringsMs: 0 } });
  env = { ...twilio.env, TWILIO_PHONE_NUMBER: from, HZRELAY_PORT: String(port), XDG_STATE_HOME: folder };
  args = ['call', to, '--agent', lightAgent, '--yes', '--public-url', `http://127.0.0.1:${port}`];
});
afterEach(async () => {
  await CliTerminal.killAll();
  await CliProcess.killAll();
  await twilio.close();
  await rm(folder, { recursive: true });
});

/** How often the call was asked to end. */
const hangUps = (): number =>
  twilio.requests.filter(({ path, form }) => path.startsWith('/Calls/') && form.get('Status') === 'completed')
    .length;
const statuses = (): readonly string[] => twilio.calls.map(({ status }) => status);

describe('the call of hzrelay call is hung up', () => {
  it('when the terminal is closed', async () => {
    const terminal = CliTerminal.start(args, env);
    await terminal.until(/tts\.audio_start/);
    terminal.close();
    expect(await terminal.ended).toEqual({ code: 129, signal: 0 });
    expect({ hangUps: hangUps(), statuses: statuses() }).toEqual({ hangUps: 1, statuses: ['completed'] });
  });

  it('when the terminal is closed while it rings', async () => {
    await twilio.close();
    twilio = await startTwilioRestSimulator({ callee: { does: 'answer', ringsMs: 30_000 } });
    const terminal = CliTerminal.start(args, { ...env, ...twilio.env });
    await terminal.until(/ringing/);
    terminal.close();
    expect(await terminal.ended).toEqual({ code: 129, signal: 0 });
    expect(hangUps()).toBe(1);
    expect(statuses()).not.toContain('in-progress');
  });

  it.each(['stdout', 'stdout and stderr'])('when the reader of %s goes away, as head does', async (which) => {
    // The end of these words is the first thing that nobody reads.
    const words = 'Whoever reads this goes away.';
    const calling = CliProcess.start([...args, '--say', words], env);
    await calling.until('stdout', /tts\.audio_start/);
    calling.closeStdout();
    if (which !== 'stdout') calling.closeStderr();
    expect((await calling.ended).code).toBe(0);
    expect({ hangUps: hangUps(), statuses: statuses() }).toEqual({ hangUps: 1, statuses: ['completed'] });
  });

  it('when a second signal cannot wait for its end', async () => {
    const calling = CliProcess.start(args, env);
    await calling.until('stdout', /tts\.audio_start/);
    // One request is never answered, so the polite end cannot come first; two signals sent at once may change places.
    twilio.failNext({ fault: 'hang' });
    calling.signal('SIGINT');
    await calling.until('stderr', /Hanging up/);
    calling.signal('SIGTERM');
    expect((await calling.ended).code).toBe(143);
    await twilio.when(() => statuses()[0] === 'completed');
    expect(hangUps()).toBeGreaterThan(0);
  });

  it('never, by a full disk: it goes on, and what is lost is said', async () => {
    await twilio.close();
    const says = (await speakConversation(8000, ['Goodbye.'])).map(({ samples }) => samples);
    twilio = await startTwilioRestSimulator({ callee: { does: 'answer', ringsMs: 0, says } });
    const stdout = openSync('/dev/full', 'w');
    const { code, stderr } = await CliProcess.start(args, { ...env, ...twilio.env }, { stdout }).ended;
    closeSync(stdout);
    expect(stderr).toMatch(/^warning: Output on stdout is lost: no space is left on the device\.$/m);
    expect(code).toBe(1);
    expect({ hangUps: hangUps(), statuses: statuses() }).toEqual({ hangUps: 0, statuses: ['completed'] });
  });
});

it('a terminal that is closed at the question whether to call ends it, and nobody is called', async () => {
  const asking = args.filter((arg) => arg !== '--yes');
  const terminal = CliTerminal.start(asking, env);
  await terminal.until(/Twilio bills it/);
  terminal.close();
  // The first to be noticed is the signal, the end of the keyboard, or that nothing reads the output.
  const { code, signal } = await terminal.ended;
  expect([0, 1, 129]).toContain(code);
  // The signal may also come when the command has ended and the process has not.
  expect([0, 1]).toContain(signal);
  expect(twilio.calls).toEqual([]);
});

/** A port that nobody uses now. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
