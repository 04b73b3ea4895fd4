// Files with logins to registries, as podman, skopeo and docker write them (containers-auth.json(5); config.json of Docker). Pure. What is wrong
// in one is told without a word of what it holds, and only where it is in the way: what is kept for other registries need not be right.

import { z } from 'zod';
import { CooperError } from '../../../../errors/index.ts';
import { documentFaults } from '../../../../image/index.ts';
import { Login } from './login.ts';

// Docker writes null and empty texts for what it does not have.
const schema = z.object({
  auths: z.record(z.string(), z.unknown()).nullish(),
  credHelpers: z.record(z.string(), z.unknown()).nullish(),
  credsStore: z.unknown().optional(),
});

const entrySchema = z.object({ auth: z.string().nullish(), identitytoken: z.string().nullish() }).nullish();

/** Such a file, with its path. */
export type AuthFile = z.output<typeof schema> & { readonly path: string };

/** What a file has for a repository: the login, or the helper that has to be asked for it under that name. */
export type Stored = { readonly login: Login } | { readonly helper: string; readonly server: string };

/** Throws `registry-login`. */
export function parseAuthFile(text: string, path: string): AuthFile {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // What the parser says would quote the file.
    throw unusable(path, 'is not JSON');
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return { ...parsed.data, path };
  throw misshapen(path, parsed.error);
}

/**
 * What the file has for `repository` (`library/name`) of a registry: of its helper for the registry, else under the most specific name, else of the
 * helper for all. `registry`: its host, with the port. Throws `registry-login` for a login that cannot be read.
 */
export function storedIn(file: AuthFile, registry: string, repository: string): Stored | undefined {
  const names = namesOf(registry);
  for (const server of names) {
    const helper = helperIn(own(file.credHelpers, server), `${file.path} (credHelpers, ${server})`);
    if (helper !== undefined) return { helper, server };
  }
  const login = loginIn(file, names, repository);
  if (login !== undefined) return { login };
  const helper = helperIn(file.credsStore, `${file.path} (credsStore)`);
  return helper === undefined ? undefined : { helper, server: registry === hub ? hubAsStored : registry };
}

const own = (record: Readonly<Record<string, unknown>> | null | undefined, key: string): unknown =>
  record && Object.hasOwn(record, key) ? record[key] : undefined;

function helperIn(name: unknown, from: string): string | undefined {
  if (name === undefined || name === null || name === '') return undefined;
  if (typeof name === 'string' && /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name)) return name;
  throw unusable(from, 'is not the name of a credential helper');
}

const hub = 'registry-1.docker.io';
const hubAsStored = 'https://index.docker.io/v1/';

/** Logins to Docker Hub are kept under other names than that of its registry. */
function namesOf(registry: string): readonly string[] {
  return registry === hub ? ['docker.io', hub, 'index.docker.io', hubAsStored] : [registry];
}

function loginIn(file: AuthFile, names: readonly string[], repository: string): Login | undefined {
  const { auths, path } = file;
  const folders = repository.split('/');
  const below = folders.map((_, position) => folders.slice(0, folders.length - position).join('/'));
  const exact = [...below.flatMap((folder) => names.map((name) => `${name}/${folder}`)), ...names];
  // docker login has kept the address that was typed, with its scheme and path.
  const typed = Object.keys(auths ?? {}).filter((key) => /^https?:\/\//.test(key) && names.includes(hostOf(key)));
  for (const key of [...exact, ...typed]) {
    const login = decoded(own(auths, key), `${path} (${key})`);
    if (login !== undefined) return login;
  }
  return undefined;
}

const hostOf = (key: string) => key.replace(/^https?:\/\//, '').replace(/\/.*$/s, '');

function decoded(value: unknown, from: string): Login | undefined {
  const parsed = entrySchema.safeParse(value);
  if (!parsed.success) throw misshapen(from, parsed.error);
  const entry = parsed.data;
  if (entry?.identitytoken) throw unusable(from, 'has an identity token, which Cooper cannot use');
  const auth = entry?.auth?.trim();
  if (!auth) return undefined;
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(auth)) {
    throw unusable(from, 'has an `auth` that is not base64');
  }
  const [, user, password] = /^([^:]*):(.*)$/s.exec(Buffer.from(auth, 'base64').toString('utf8')) ?? [];
  if (user === undefined || password === undefined) throw unusable(from, 'has an `auth` that is no USER:PASSWORD');
  return new Login(user, password.replace(/\0+$/, ''), from);
}

function misshapen(from: string, error: z.ZodError): CooperError {
  return unusable(from, 'is not what containers-auth.json(5) describes', documentFaults(error).slice(0, 10));
}

function unusable(from: string, why: string, lines: readonly string[] = []): CooperError {
  return new CooperError('registry-login', { what: `${from} ${why}`, lines });
}
