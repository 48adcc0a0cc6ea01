import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { glob } from 'tinyglobby';
import ts from 'typescript';

/** A regular expression in a source file, or one that a module builds when it is loaded. */
export interface SourcePattern {
  /** Path below `src/`. */
  readonly file: string;
  readonly pattern: RegExp;
  readonly isLiteral: boolean;
}

/** The sources themselves: tests run from what was made of them. */
const root = resolve('src');

/** The source files whose patterns may process text from outside: all but tests and their helpers. */
export async function sourceFiles(): Promise<{ readonly file: string; readonly text: string }[]> {
  const ignore = [
    '**/*.test.ts',
    '**/*.test.tsx',
    'simulators/{deepgram,openai,elevenlabs,twilio-rest}/**',
    'drills/**',
  ];
  const files = await glob(['**/*.ts', '**/*.tsx'], { cwd: root, ignore });
  return Promise.all(
    files.sort().map(async (file) => ({ file, text: await readFile(resolve(root, file), 'utf8') })),
  );
}

const options = {
  languageVersion: ts.ScriptTarget.Latest,
  jsDocParsingMode: ts.JSDocParsingMode.ParseNone,
};

/** Every regular expression literal of a file. */
export function literalPatterns(file: string, text: string): SourcePattern[] {
  const patterns: SourcePattern[] = [];
  const visit = (node: ts.Node): void => {
    if (node.kind === ts.SyntaxKind.RegularExpressionLiteral) {
      const written = node.getText(source);
      const end = written.lastIndexOf('/');
      patterns.push({
        file,
        pattern: new RegExp(written.slice(1, end), written.slice(end + 1)),
        isLiteral: true,
      });
    }
    ts.forEachChild(node, visit);
  };
  const kind = file.endsWith('x') ? ts.ScriptKind.TSX : ts.ScriptKind.TS;
  const source = ts.createSourceFile(file, text, options, false, kind);
  visit(source);
  return patterns;
}

/** The patterns that `load` builds with `new RegExp`. */
export async function builtPatterns(file: string, load: () => Promise<unknown>): Promise<SourcePattern[]> {
  const patterns: SourcePattern[] = [];
  const original = globalThis.RegExp;
  globalThis.RegExp = new Proxy(original, {
    construct(target, [source, flags]: [string | RegExp, string | undefined]) {
      const pattern = new target(source, flags);
      patterns.push({ file, pattern, isLiteral: false });
      return pattern;
    },
  });
  try {
    await load();
  } finally {
    globalThis.RegExp = original;
  }
  return patterns;
}
