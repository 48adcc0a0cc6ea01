/** `hzrelay init`: writes a starter for the user's own agent. */
import { writeFile } from 'node:fs/promises';
import { extname, resolve } from 'node:path';
import { messageOf, type ProviderKind } from '../../core/errors.js';
import { builtInRegistry, embedded } from '../../providers/registry.js';
import { exitCodes, UsageError } from '../exit.js';
import { out } from '../terminal.js';

export interface InitOptions {
  readonly force?: boolean;
}

/** The default vendor of a kind, as the starter names it. */
function defaultVendor(kind: ProviderKind) {
  const found = builtInRegistry.ofKind(kind).find(({ key }) => key?.isDefault === true) ?? embedded[kind];
  const { name, title, key, voice } = found;
  return { name, title, variable: key?.variable ?? '', field: voice?.field ?? '' };
}

const [recogniser, model, voice] = [defaultVendor('stt'), defaultVendor('llm'), defaultVendor('tts')];

const starter = `import { defineAgent, type ModelFunction } from 'hzrelay';
import { z } from 'zod';

// hzrelay dev runs this agent. When you save the file, the next call uses the new version.

/** When the clinic is open. Replace this with your own system. */
const hoursOn = (day: string): string => (/^s(atur|un)day$/i.test(day) ? 'closed' : 'open from nine to five');

// Answers without a key, so that you can try a call at once: "are you open on friday", "when are you open", "goodbye".
// It ignores the prompt. With ${model.variable} set, in the shell or in a .env beside this file, ${model.title}'s model answers instead.
const withoutKey: ModelFunction = ({ messages }) => {
  const said = messages.findLast(({ role }) => role === 'user')?.content.toLowerCase() ?? '';
  const day = /(mon|tues|wednes|thurs|fri|satur|sun)day/.exec(said)?.[0];
  if (day) return \`On \${day} we are \${hoursOn(day)}.\`;
  if (/open|hours/.test(said)) return 'From Monday to Friday we are open from nine to five.';
  if (/bye|thank/.test(said)) return 'You are welcome. Goodbye!';
  return 'I can tell you when we are open. Which day would suit you?';
};

export default defineAgent({
  // The model's instructions.
  systemPrompt: 'You are the receptionist of a small clinic. Answer in one or two short sentences.',

  // The agent's first words.
  greeting: 'Hello, this is the clinic. How can I help you?',

  // The functions that the model may call. The description tells it when; arguments are checked before execute() runs.
  tools: {
    opening_hours: {
      description: 'Looks up when the clinic is open on a day of the week.',
      parameters: z.object({ day: z.string().describe('the day in English, for example "monday"') }),
      execute: ({ day }) => hoursOn(day),
    },
  },

  // The language model.
  llm: process.env.${model.variable} ? { provider: '${model.name}' } : withoutKey,

  // The voice: a name of the embedded provider (${(embedded.tts.voice?.names ?? []).join(', ')}), or the id of a voice at ${voice.title}.
  // voice: 'slt',

  // Speech to text and text to speech. By default, the cloud provider if its key is set (${recogniser.variable}, ${voice.variable}), else the
  // embedded one. In a list, the next provider takes over when one fails or is slower than its slaMs.
  // stt: [{ provider: '${recogniser.name}' }, { provider: 'local' }],
  // tts: { provider: '${voice.name}', ${voice.field}: '…' },

  // When a caller has finished speaking, and what counts as an interruption. See docs/turn-taking.md for all options.
  // turnTaking: { endSilenceMs: 180 },
});
`;

/** Writes the starter; resolves with the exit code. Throws a UsageError if the file exists, unless `force` is set. */
export async function init(file: string, { force = false }: InitOptions): Promise<number> {
  if (!['.ts', '.mts', '.js', '.mjs'].includes(extname(file)))
    throw new UsageError(`${file}: give the agent a name that ends with .ts, .mts, .js or .mjs.`);
  try {
    await writeFile(resolve(file), starter, { flag: force ? 'w' : 'wx' });
  } catch (cause) {
    const { code } = cause as { readonly code?: unknown };
    const problem =
      code === 'EEXIST'
        ? `${file} exists already; --force overwrites it.`
        : `${file} cannot be written: ${messageOf(cause)}`;
    throw new UsageError(problem, { cause });
  }
  const isDefault = file === 'hzrelay.config.ts';
  out(`Wrote ${file}. Run it with: hzrelay dev${isDefault ? '' : ` ${file}`}`);
  return exitCodes.ok;
}
