/** Checks of this machine: Node, the native modules, the built page. */
import { readFileSync } from 'node:fs';
import { readPageFiles } from '../../relay/http/page-files.js';
import type { Check, Finding } from './check.js';
import { runSelfTest, type SelfTestName } from './run-self-test.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** Checks Node's version against the package's `engines`. */
export function nodeCheck(version = process.versions.node, range = declaredNode()): Check {
  return {
    name: 'node',
    run() {
      const where = `Node ${version} on ${process.platform} ${process.arch}`;
      if (isAtLeast(version, range)) return Promise.resolve({ status: 'ok', message: where });
      return Promise.resolve({
        status: 'problem',
        message: `${where}; hzrelay needs ${range}.`,
        remedy: 'Install a current Node from https://nodejs.org.',
      });
    },
  };
}

/** Whether the codec of browser calls works. */
export function opusCheck(env: Environment): Check {
  return nativeCheck('opus', env, {
    message: 'The codec of browser calls encoded and decoded a tone.',
    remedy: 'Reinstall (npm ci) on this machine; or set OPUS_FORCE_WASM=1, which needs no native code.',
  });
}

/** Whether the native WebRTC library loads, and UDP works on the loopback interface. */
export function webRtcCheck(env: Environment): Check {
  return nativeCheck('webrtc', env, {
    message: 'A browser call from this machine to itself connected over UDP.',
    remedy:
      'Reinstall (npm ci) on this machine, and allow UDP on the loopback interface. Phone calls need neither.',
  });
}

/** Whether the test page was built. */
export function pageCheck(port: number | null, folder?: URL): Check {
  return {
    name: 'page',
    async run() {
      const files = await readPageFiles(folder);
      if (!files.has('index.html'))
        return {
          status: 'problem',
          message: 'The microphone page was not built.',
          remedy: 'Build it with: npm run build',
        };
      return {
        status: 'ok',
        message:
          `hzrelay dev serves the microphone page at http://localhost:${port ?? 'PORT'}/. ` +
          'On other machines browsers allow the microphone only over https: use a tunnel.',
      };
    },
  };
}

function nativeCheck(
  name: SelfTestName,
  env: Environment,
  { message, remedy }: { readonly message: string; readonly remedy: string },
): Check {
  return {
    name,
    async run(signal): Promise<Finding> {
      const result = await runSelfTest(name, { signal, env });
      return result.ok ? { status: 'ok', message } : { status: 'problem', message: result.message, remedy };
    },
  };
}

function declaredNode(): string {
  const manifest = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as {
    readonly engines: { readonly node: string };
  };
  return manifest.engines.node;
}

/** Whether a version meets a range of the form `>=20.19`. */
function isAtLeast(version: string, range: string): boolean {
  const wanted = range.replace(/^>=/, '').split('.').map(Number);
  const given = version.split('.').map(Number);
  for (const [index, number] of wanted.entries()) {
    const difference = (given[index] ?? 0) - number;
    if (difference !== 0) return difference > 0;
  }
  return true;
}
