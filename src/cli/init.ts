/** `hzrelay init`: a starter for an agent of the user's own. */
import { writeFile } from 'node:fs/promises';
import { extname, resolve } from 'node:path';
import { messageOf } from '../errors.js';
import { exitCodes, UsageError } from './exit.js';
import { out } from './terminal.js';

export interface InitOptions {
  readonly force?: boolean;
}

const starter = `import { defineAgent, defineTool } from 'hzrelay';
import { z } from 'zod';

// hzrelay dev runs this agent. Save the file: the next call gets the new version.
export default defineAgent({
  // What the model is told. The embedded model is a scripted appointment desk and takes no notice of it;
  // with OPENAI_API_KEY set, the model is OpenAI's.
  systemPrompt: 'You are the receptionist of a small clinic. Answer in one or two short sentences.',

  // What the caller hears first.
  greeting: 'Hello, this is the clinic. How can I help you?',

  // What the model may do. The description tells it when; the arguments are checked before execute() runs.
  tools: {
    opening_hours: defineTool({
      description: 'Looks up when the clinic is open on a day of the week.',
      parameters: z.object({ day: z.string().describe('the day in English, for example "monday"') }),
      execute: ({ day }) => (/^s(atur|un)day$/i.test(day) ? 'closed' : 'nine to five'),
    }),
  },

  // How it sounds: a voice of the embedded provider (slt, rms, awb, kal, kal16), or the id of a voice at ElevenLabs.
  // voice: 'slt',

  // Providers. Left out, each is the cloud's if its key is set (DEEPGRAM_API_KEY, OPENAI_API_KEY, ELEVENLABS_API_KEY),
  // else the embedded one. In a list, the next takes over when one fails or is slower than its slaMs.
  // stt: [{ provider: 'deepgram' }, { provider: 'local' }],
  // llm: { provider: 'openai', model: 'gpt-4o-mini', slaMs: 800 },
  // tts: { provider: 'elevenlabs', voiceId: '…' },

  // When a caller has finished speaking, and what counts as an interruption; see the README for all of them.
  // turnTaking: { endSilenceMs: 180 },
});
`;

/** Writes the starter; resolves with the exit code. Throws a UsageError where a file is there already. */
export async function init(file: string, { force = false }: InitOptions): Promise<number> {
  if (!['.ts', '.mts', '.js', '.mjs'].includes(extname(file)))
    throw new UsageError(`${file}: give the agent a name that ends with .ts, .mts, .js or .mjs.`);
  try {
    await writeFile(resolve(file), starter, { flag: force ? 'w' : 'wx' });
  } catch (cause) {
    const { code } = cause as { readonly code?: unknown };
    const problem =
      code === 'EEXIST'
        ? `${file} is there already; --force overwrites it.`
        : `${file} cannot be written: ${messageOf(cause)}`;
    throw new UsageError(problem, { cause });
  }
  const isDefault = file === 'hzrelay.config.ts';
  out(`Wrote ${file}. Run it with: hzrelay dev${isDefault ? '' : ` ${file}`}`);
  return exitCodes.ok;
}
