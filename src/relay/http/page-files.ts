/** The test page's files. The build writes them to a folder that contains nothing else. */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A file as it is served. */
export interface PageFile {
  readonly body: Buffer;
  readonly contentType: string;
  /** Changes with the content (RFC 9110, 8.8.3). */
  readonly etag: string;
}

const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** The folder of the built page. */
const builtPage = new URL('../../page/', import.meta.url);

/**
 * Reads the whole page into memory (about 120 KB). Requests are looked up among these paths, so they cannot reach any
 * other file. Keys are paths with `/`, such as `index.html`. Empty if the page was not built.
 */
export async function readPageFiles(folder: URL = builtPage): Promise<ReadonlyMap<string, PageFile>> {
  const root = fileURLToPath(folder);
  const found = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = found.flatMap((entry) => {
    const contentType = contentTypes[extname(entry.name)];
    if (!entry.isFile() || contentType === undefined) return [];
    const path = `${entry.parentPath}/${entry.name}`
      .slice(root.length)
      .replaceAll('\\', '/')
      .replace(/^\//, '');
    return [{ path, contentType }];
  });
  const read = files.map(async ({ path, contentType }): Promise<[string, PageFile]> => {
    const body = await readFile(new URL(path, folder));
    const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
    return [path, { body, contentType, etag }];
  });
  return new Map(await Promise.all(read));
}
