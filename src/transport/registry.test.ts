import { describe, expect, it } from '@jest/globals';
import { defaultTransport, transportOf, transports, transportTypes, type TransportType } from './registry.js';

describe('the registry of transports', () => {
  it('has each type once', () => {
    expect(new Set(transportTypes).size).toBe(transports.length);
    expect(transportTypes).toContain(defaultTransport);
  });

  it.each(transports)('finds $type', (definition) => {
    expect(transportOf(definition.type)).toBe(definition);
  });

  it('rejects an unknown type by name', () => {
    expect(() => transportOf('pigeon' as TransportType)).toThrow("Unknown transport 'pigeon'.");
  });
});
