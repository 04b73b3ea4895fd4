// What this machine runs, for defaults of a dialogue.

import { readFileSync } from 'node:fs';
import { isSystemError } from '../errors/index.ts';
import { hostArchitecture } from '../variants/identity.ts';
import type { HostSystem } from './image-dialogue.ts';

/** Reads os-release(5); a machine without one has only an architecture. */
export function hostSystem(file = '/etc/os-release'): HostSystem {
  const values = osRelease(textOf(file));
  return { architecture: hostArchitecture(), distribution: values.get('ID'), release: values.get('VERSION_CODENAME') };
}

/** Values of an os-release file; plain words, with or without quotes. */
function osRelease(text: string): ReadonlyMap<string, string> {
  const lines = [...text.matchAll(/^([A-Z_]+)=(["']?)([A-Za-z0-9.+~_-]*)\2$/gm)];
  return new Map(lines.map(([, name = '', , value = '']) => [name, value]));
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return '';
    throw error;
  }
}
