import { describe, expect, it } from '@jest/globals';
import { garbageWords, withGarbage, withoutGarbage } from './garbage-model.js';

const grammar = '#JSGF V1.0;\ngrammar shop;\npublic <order> = <size> tea;\n<size> = small | large;\n';

describe('the garbage model', () => {
  it('has one word for each phone of the acoustic model, its noises included', () => {
    expect(garbageWords).toHaveLength(41);
    expect(garbageWords).toContainEqual(['~nsn', '+NSN+']);
    expect(garbageWords).toContainEqual(['~zh', 'ZH']);
  });

  it('puts garbage beside the public rule and keeps every other rule', () => {
    const wrapped = withGarbage(grammar);
    expect(wrapped).toMatch(/public <utterance-or-garbage> = \/1\/ <order> \| .*<garbage> \| .*<noise>;/);
    expect(wrapped).toContain('\n<order> = <size> tea;');
    expect(wrapped.match(/public/g)).toHaveLength(1);
  });

  it('leaves a grammar without a public rule to the decoder to refuse', () => {
    expect(withGarbage('#JSGF V1.0;\ngrammar none;\n')).toBe('#JSGF V1.0;\ngrammar none;\n');
  });

  it('empties a hypothesis that holds garbage and keeps any other', () => {
    expect(withoutGarbage('~k ~ao ~f')).toBe('');
    expect(withoutGarbage('small tea')).toBe('small tea');
    expect(withoutGarbage('')).toBe('');
  });
});
