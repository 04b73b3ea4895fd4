// What this machine runs, for defaults of a dialogue.

import { hostArchitecture } from '../variants/identity.ts';
import type { HostSystem } from './image-dialogue.ts';
import { optionalText } from './optional-text.ts';

/** Reads os-release(5); a machine without one has only an architecture. */
export function hostSystem(file = '/etc/os-release'): HostSystem {
  const values = osRelease(optionalText(file));
  return { architecture: hostArchitecture(), distribution: values.get('ID'), release: values.get('VERSION_CODENAME') };
}

/** Values of an os-release file; plain words, with or without quotes. */
function osRelease(text: string): ReadonlyMap<string, string> {
  const lines = [...text.matchAll(/^([A-Z_]+)=(["']?)([A-Za-z0-9.+~_-]*)\2$/gm)];
  return new Map(lines.map(([, name = '', , value = '']) => [name, value]));
}
