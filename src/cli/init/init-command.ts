import type { Command } from 'commander';
import type { InitOptions } from './init.js';
import type { RunCommand } from '../run-command.js';

/** `hzrelay init`: its options and its help. */
export function addInit(program: Command, run: RunCommand): void {
  program
    .command('init')
    .description('Write a commented starter for your own agent.')
    .argument('[file]', 'where to write it', 'hzrelay.config.ts')
    .option('-f, --force', 'overwrite an existing file')
    .addHelpText(
      'after',
      `
Examples:
  hzrelay init                 then: hzrelay dev
  hzrelay init my-agent.ts     then: hzrelay dev my-agent.ts
`,
    )
    .action((file: string, options: InitOptions) =>
      run(async () => (await import('./init.js')).init(file, options)),
    );
}
