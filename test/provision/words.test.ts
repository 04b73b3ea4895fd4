import { describe, expect, test } from 'vitest';
import { interpreterOf, parseFileWords, parsePackageWords } from '../../provision/index.ts';

const refusal = expect.objectContaining({ code: 'bad-usage' });

describe('--file', () => {
  test.each([
    ['a.conf:/etc/a.conf', { source: 'a.conf', target: '/etc/a.conf' }],
    ['/srv/a b:/etc/a b:0640', { source: '/srv/a b', target: '/etc/a b', mode: 0o640 }],
    ['a:/b:4755:root', { source: 'a', target: '/b', mode: 0o4755, owner: 'root', group: 'root' }],
    ['a:/b:644:1000:www-data', { source: 'a', target: '/b', mode: 0o644, owner: 1000, group: 'www-data' }],
    ['./dir/key.pem:/etc/ssl/', { source: './dir/key.pem', target: '/etc/ssl/key.pem' }],
    ['a:/', { source: 'a', target: '/a' }],
    ['with:colon:/etc/a', { source: 'with:colon', target: '/etc/a' }],
  ])('%s', (text, words) => {
    expect(parseFileWords(text)).toEqual(words);
  });

  test.each(['', 'a', 'a:', 'a:b', ':/etc/a', 'a:/etc/../b', 'a:/etc//b', 'a:/b:999', 'a:/b:rw', 'a:/b:0644:-x'])(
    '%j is refused with the form that it should have',
    (text) => {
      expect(() => parseFileWords(text)).toThrow(refusal);
    },
  );
});

describe('--packages', () => {
  test('names are separated by commas, with or without blanks', () => {
    expect(parsePackageWords('less, g++ ,libc6:i386')).toEqual(['less', 'g++', 'libc6:i386']);
  });

  test('a - before a name takes it away', () => {
    expect(parsePackageWords('less,-nano')).toEqual(['less', '-nano']);
  });

  test.each(['', ',', '-', 'a,--allow-downgrades', 'a b'])('%j is refused', (text) => {
    expect(() => parsePackageWords(text)).toThrow(refusal);
  });
});

describe('a script is run by', () => {
  test.each([
    ['#!/bin/bash\n', ['/bin/bash']],
    ['#! /usr/bin/env python3\n', ['/usr/bin/env', 'python3']],
    ['#!/usr/bin/awk -f  \n', ['/usr/bin/awk', '-f']],
    ['#!/usr/bin/perl -w -T\n', ['/usr/bin/perl', '-w -T']],
    ['echo hello\n', ['/bin/sh', '-e']],
    ['', ['/bin/sh', '-e']],
    ['#!\n/bin/sh\n', ['/bin/sh', '-e']],
  ])('%j', (head, words) => {
    expect(interpreterOf(head)).toEqual(words);
  });
});
