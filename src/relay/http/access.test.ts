import { describe, expect, it } from '@jest/globals';
import { AccessPolicy, isLoopback } from './access.js';

const local = new AccessPolicy({ host: '127.0.0.1', publicUrl: null });
const tunnelled = new AccessPolicy({ host: '127.0.0.1', publicUrl: new URL('https://Example.ngrok.app') });
const everywhere = new AccessPolicy({ host: '0.0.0.0', publicUrl: null });

describe('a relay', () => {
  it.each([
    ['127.0.0.1', null, false],
    ['localhost', null, false],
    ['::1', null, false],
    ['0.0.0.0', null, true],
    ['192.168.1.5', null, true],
    ['127.0.0.1', 'https://example.ngrok.app', true],
  ])('on %s with public address %s is guarded by a token: %s', (host, url, guarded) => {
    expect(new AccessPolicy({ host, publicUrl: url === null ? null : new URL(url) }).guarded).toBe(guarded);
  });

  it('has a token of its own each time it starts', () => {
    expect(local.token).toMatch(/^[\w-]{32}$/);
    expect(local.token).not.toBe(tunnelled.token);
  });
});

describe('a request names a host that is ours', () => {
  it.each([
    [local, 'localhost:8787', true],
    [local, 'LOCALHOST', true],
    [local, '127.0.0.1:8787', true],
    [local, '[::1]:8787', true],
    [local, undefined, false],
    [local, '', false],
    [local, 'evil.example', false],
    [local, 'localhost.evil.example:8787', false],
    [local, 'evil.example@localhost', false],
    [local, '192.168.1.5:8787', false],
    [tunnelled, 'example.ngrok.app', true],
    [tunnelled, 'localhost:8787', true],
    [tunnelled, 'other.ngrok.app', false],
    [tunnelled, 'example.ngrok.app:81', false],
    [everywhere, '192.168.1.5:8787', true],
    [everywhere, 'evil.example:8787', false],
    [new AccessPolicy({ host: 'FD00::1', publicUrl: null }), '[fd00::1]:8787', true],
    [new AccessPolicy({ host: 'desk.lan', publicUrl: null }), 'desk.lan:8787', true],
  ])('%#: %s: %s', (policy, host, known) => {
    expect(policy.knowsHost(host)).toBe(known);
  });
});

describe('a page may reach the relay from its own origin only', () => {
  it.each([
    [undefined, true],
    ['http://127.0.0.1:8787', true],
    ['http://localhost:8787', false],
    ['http://127.0.0.1:3000', false],
    ['https://example.ngrok.app', true],
    ['null', false],
    ['', false],
    ['file://', false],
    ['https://evil.example', false],
    ['https://example.ngrok.app.evil.example', false],
  ])('%j: %s', (origin, known) => {
    expect(tunnelled.knowsOrigin(origin, '127.0.0.1:8787')).toBe(known);
  });
});

describe('a page of another origin that is allowed', () => {
  const policy = new AccessPolicy({
    host: '127.0.0.1',
    publicUrl: null,
    allowedOrigins: ['http://localhost:5173', 'https://shop.example'],
  });

  it.each([
    ['http://localhost:5173', true],
    ['https://shop.example', true],
    ['https://localhost:5173', false],
    ['http://localhost:5174', false],
    ['http://localhost', false],
    ['http://shop.example', false],
    ['https://www.shop.example', false],
    ['https://shop.example.evil.example', false],
    ['null', false],
    ['', false],
    [undefined, false],
  ])('%j: %s', (origin, allowed) => {
    expect(policy.allowsOrigin(origin)).toBe(allowed);
    if (origin !== undefined) expect(policy.knowsOrigin(origin, 'localhost:8787')).toBe(allowed);
  });

  it('is none unless one is named', () => {
    expect(local.allowsOrigin('http://localhost:5173')).toBe(false);
  });
});

describe('the token', () => {
  const { token } = local;

  it.each([
    ['as bearer token', { authorization: `Bearer ${token}` }, {}],
    ['as bearer token in any case', { authorization: `bearer ${token}` }, {}],
    ['in the cookie among others', { cookie: `a=b; hzrelay_token=${token}; c=d` }, {}],
    ['in the link', {}, { token }],
    ['in the link though the cookie is old', { cookie: 'hzrelay_token=old' }, { token }],
  ])('is taken %s', (_, headers, query) => {
    expect(local.carriesToken(headers, query)).toBe(true);
  });

  it.each([
    ['nothing', {}, undefined],
    ['another', { authorization: `Bearer ${tunnelled.token}` }, {}],
    ['a part of it', { authorization: `Bearer ${token.slice(0, -1)}` }, {}],
    ['another scheme', { authorization: `Basic ${token}` }, {}],
    ['a cookie of another name', { cookie: `xhzrelay_token=${token}` }, {}],
    ['it twice in the link', {}, { token: [token, token] }],
    ['characters outside ASCII', {}, { token: '…'.repeat(32) }],
    ['an empty one', { cookie: 'hzrelay_token=' }, { token: '' }],
  ])('is not %s', (_, headers, query) => {
    expect(local.carriesToken(headers, query)).toBe(false);
  });

  it('is kept in a cookie that scripts cannot read and other sites do not send', () => {
    expect(local.cookie(false)).toBe(`hzrelay_token=${token}; HttpOnly; SameSite=Strict; Path=/`);
    expect(local.cookie(true)).toBe(`${local.cookie(false)}; Secure`);
  });

  it('given out as a cookie opens the routes', () => {
    expect(local.carriesToken({ cookie: local.cookie(true).split(';')[0] }, {})).toBe(true);
  });
});

it.each([
  ['127.0.0.1', true],
  ['LocalHost', true],
  ['::1', true],
  ['0.0.0.0', false],
  ['10.0.0.1', false],
])('%s is loopback: %s', (host, loopback) => {
  expect(isLoopback(host)).toBe(loopback);
});
