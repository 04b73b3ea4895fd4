// Names of containers: one component of a path, a host name and a cgroup at once. Pure.

import { CooperError } from '../../errors/index.ts';

/** A name that was checked. */
export type ContainerName = string & { readonly brand: 'ContainerName' };

/** Checks a name that a user typed. Throws `container-name-invalid`. */
export function containerName(text: string): ContainerName {
  if (!/^[a-z0-9][a-z0-9._-]{0,62}$/i.test(text)) {
    throw new CooperError('container-name-invalid', { what: `${JSON.stringify(text)} cannot be a container's name` });
  }
  return text as ContainerName;
}
