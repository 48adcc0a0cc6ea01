import { expect, it } from '@jest/globals';
import { ProviderError } from '../../core/errors.js';
import type { ProviderIncident } from '../../events/provider-incident.js';
import { Vendor } from './vendor.js';
import { vendorIncidents } from './vendor-incidents.js';

const vendor = new Vendor('llm', 'acme', (text) => text.replaceAll('sk-secret', '[KEY]'));
const acme = { kind: 'llm', provider: 'acme' } as const;

/** What is passed on of a value given as an incident. */
function passed(given: unknown): ProviderIncident[] {
  const told: ProviderIncident[] = [];
  const tell = vendorIncidents(vendor, (incident) => told.push(incident));
  (tell as (given: unknown) => void)(given);
  return told;
}

it.each<[unknown, ProviderIncident]>([
  [
    { type: 'request', requestId: 'a-sk-secret' },
    { type: 'request', ...acme, requestId: 'a-[KEY]' },
  ],
  [
    { type: 'request', kind: 'tts', provider: 'other', requestId: `\u0007${'x'.repeat(1e6)}` },
    { type: 'request', ...acme, requestId: 'x'.repeat(128) },
  ],
  [
    { type: 'warning', code: 'odd', message: 'sk-secret is odd' },
    { type: 'warning', code: 'odd', message: '[KEY] is odd' },
  ],
  [
    { type: 'failover', from: 'a', to: 'b', cause: 'No sk-secret' },
    { type: 'failover', kind: 'llm', from: 'a', to: 'b', cause: 'No [KEY]' },
  ],
  [
    { type: 'reconnect', attempt: 2 },
    { type: 'reconnect', ...acme, attempt: 2 },
  ],
  [{ type: 'recovered' }, { type: 'recovered', ...acme }],
])('an incident is passed on without secrets, under the vendor’s name: %#', (given, incident) => {
  expect(passed(given)).toEqual([incident]);
});

it('an error is passed on as a clean one', () => {
  const error = new ProviderError('No sk-secret', { ...acme, category: 'server' });
  expect(passed({ type: 'error', error })).toMatchObject([{ error: { message: 'No [KEY]' } }]);
});

it.each([
  null,
  undefined,
  'request',
  {},
  { type: 'request' },
  { type: 'request', requestId: { a: 1 } },
  { type: 'warning', code: 'odd' },
  { type: 'failover', from: 'a' },
  { type: 'reconnect' },
])('what is none is dropped: %j', (given) => {
  expect(passed(given)).toEqual([]);
});
