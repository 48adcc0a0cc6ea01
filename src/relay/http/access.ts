/**
 * Decides who may use which route. A relay that is reachable from outside denies by default: Twilio's routes need
 * Twilio's signature, all others a token. Host and Origin are checked on every request and socket, so that another
 * site's page cannot reach a local relay through its visitor's browser.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { isIP, isIPv6 } from 'node:net';
import { baseOf, pathOf } from './public-url.js';

const cookieName = 'hzrelay_token';
const anyAddress = new Set(['0.0.0.0', '[::]']);
const loopbackHosts = new Set(['localhost', '127.0.0.1', '[::1]']);

export interface AccessOptions {
  /** The host on which the relay listens; all but loopback count as reachable from outside. */
  readonly host: string;
  readonly publicUrl: URL | null;
  /** Origins, as browsers write them, whose pages may use the relay in addition to its own. */
  readonly allowedOrigins?: readonly string[];
}

export class AccessPolicy {
  /** The token for private routes when the relay is reachable from outside. */
  readonly token = randomBytes(24).toString('base64url');
  readonly #boundHost: string;
  readonly #isBoundToLoopback: boolean;
  readonly #allowedOrigins: ReadonlySet<string>;
  #publicUrl: URL | null;

  constructor({ host, publicUrl, allowedOrigins = [] }: AccessOptions) {
    // In the form of a Host header.
    this.#boundHost = isIPv6(host) ? `[${host.toLowerCase()}]` : host.toLowerCase();
    this.#isBoundToLoopback = isLoopback(host);
    this.#publicUrl = publicUrl;
    this.#allowedOrigins = new Set(allowedOrigins);
  }

  /** The relay's public address; null if it has none. */
  get publicUrl(): URL | null {
    return this.#publicUrl;
  }

  /** The relay's public address without a trailing slash; null if it has none. */
  get publicBase(): string | null {
    return this.#publicUrl && baseOf(this.#publicUrl);
  }

  /** The path of the public address, under which the routes are served; empty for the root. */
  get basePath(): string {
    return this.#publicUrl ? pathOf(this.#publicUrl) : '';
  }

  /** Whether private routes need the token. */
  get guarded(): boolean {
    return this.#publicUrl !== null || !this.#isBoundToLoopback;
  }

  /** Sets the public address, or removes it. Requests to any other unknown host are still refused. */
  expose(publicUrl: URL | null): void {
    this.#publicUrl = publicUrl;
  }

  /**
   * Whether the request's Host is one of ours. Any other may be a web page's name that was rebound to this address (DNS
   * rebinding), or a proxy's own name for the relay.
   */
  knowsHost(hostHeader: string | undefined): boolean {
    if (hostHeader === undefined) return false;
    const host = hostHeader.toLowerCase();
    if (this.#isPublicHost(host)) return true;
    const name = withoutPort(host);
    if (loopbackHosts.has(name) || name === this.#boundHost) return true;
    // The relay listens on every address: an IP address in the Host cannot be a rebound name.
    return anyAddress.has(this.#boundHost) && isIP(name.replace(/^\[|\]$/g, '')) !== 0;
  }

  /**
   * Whether a browser's Origin is ours: the host and port of the request's Host, the public address, or an allowed
   * origin. Requests without an Origin do not come from a page of another site.
   */
  knowsOrigin(origin: string | undefined, hostHeader: string | undefined): boolean {
    if (origin === undefined) return true;
    if (!URL.canParse(origin)) return false;
    const { host } = new URL(origin);
    return host === hostHeader?.toLowerCase() || host === this.#publicHost() || this.allowsOrigin(origin);
  }

  /** Whether the relay's owner allowed this origin; only its pages may read the relay's answers. */
  allowsOrigin(origin: string | undefined): origin is string {
    return origin !== undefined && this.#allowedOrigins.has(origin);
  }

  /** Whether the request has the token: as a bearer token, in the cookie, or in the query of the printed link. */
  carriesToken(headers: IncomingHttpHeaders, query: unknown): boolean {
    return [bearerOf(headers), cookie(headers.cookie, cookieName), tokenInQuery(query)].some((given) =>
      this.#isToken(given),
    );
  }

  /** A token with which a browser may call until `expiresMs` (time of day), and do nothing else. */
  visitorToken(expiresMs: number): string {
    const admitted = `${expiresMs}.${randomBytes(9).toString('base64url')}`;
    return `${admitted}.${this.#sealOf(admitted)}`;
  }

  /** Whether the request has a visitor's token that is valid at this time of day. */
  carriesVisitorToken(headers: IncomingHttpHeaders, query: unknown, nowMs: number): boolean {
    return [bearerOf(headers), tokenInQuery(query)].some((given) => {
      const [, admitted = '', expires = '', seal = ''] =
        /^((\d+)\.[\w-]+)\.([\w-]+)$/.exec(given ?? '') ?? [];
      return isSame(seal, this.#sealOf(admitted)) && nowMs < Number(expires);
    });
  }

  /** The cookie that keeps a browser authorised under a path after it opened the printed link. */
  cookie(secure: boolean, path = '/'): string {
    return `${cookieName}=${this.token}; HttpOnly; SameSite=Strict; Path=${path}${secure ? '; Secure' : ''}`;
  }

  /** Proxies pass the public name on with its port, without it (nginx: `$host`), or with the scheme's own (`:443`). */
  #isPublicHost(host: string): boolean {
    if (!this.#publicUrl) return false;
    const { hostname, port, protocol } = this.#publicUrl;
    return [hostname, `${hostname}:${port || (protocol === 'https:' ? 443 : 80)}`].includes(host);
  }

  #publicHost(): string | null {
    return this.#publicUrl?.host.toLowerCase() ?? null;
  }

  #isToken(given: string | undefined): boolean {
    return given !== undefined && isSame(given, this.token);
  }

  #sealOf(admitted: string): string {
    return createHmac('sha256', this.token).update(`visitor ${admitted}`).digest('base64url');
  }
}

/** Whether a server bound to this host listens on every address of the machine. */
export function isAnyAddress(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

export function isLoopback(host: string): boolean {
  return loopbackHosts.has(host.toLowerCase()) || host === '::1';
}

function isSame(given: string, wanted: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function bearerOf({ authorization }: IncomingHttpHeaders): string | undefined {
  return /^Bearer (.+)$/i.exec(authorization ?? '')?.[1];
}

function withoutPort(host: string): string {
  return host.replace(/:\d+$/, '');
}

function cookie(header: string | undefined, name: string): string | undefined {
  return header
    ?.split(';')
    .map((pair) => pair.trim())
    .find((pair) => pair.startsWith(`${name}=`))
    ?.slice(name.length + 1);
}

function tokenInQuery(query: unknown): string | undefined {
  if (typeof query !== 'object' || query === null || !('token' in query)) return undefined;
  return typeof query.token === 'string' ? query.token : undefined;
}
