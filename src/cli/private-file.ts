import { open } from 'node:fs/promises';

/** Writes a file that only its owner can read, also over one that others could. Rejects with the system's error. */
export async function writePrivateFile(path: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(path, 'w', 0o600);
  try {
    // Set the mode before writing. A device or a pipe keeps its mode.
    if ((await handle.stat()).isFile()) await handle.chmod(0o600);
    await handle.writeFile(bytes);
  } finally {
    await handle.close();
  }
}
