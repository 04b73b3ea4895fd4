// How programs of a foreign architecture come to run in a build root: by an emulator registered in the box's own user
// namespace (Linux 6.7), else by what the host has registered. Never changes the host. Says what is missing.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CooperError, isSystemError } from '../../errors/index.ts';
import { type IdMap, runBox } from '../../native/index.ts';
import { hostArchitecture } from '../../variants/index.ts';
import { emulatorPath, formatLine, serves } from './binary-format.ts';

/** How foreign programs run: `formats` are the lines for the box's own binfmt_misc, empty when it needs none. */
export interface Emulation {
  readonly kind: 'native' | 'own' | 'host';
  readonly formats: readonly string[];
}

const native: Emulation = { kind: 'native', formats: [] };

/**
 * Chooses for one build. `hostFormats` is where the host's binfmt_misc is mounted, when it is; `hostOnly` passes over the
 * kernel's own registration (COOPER_BINFMT=host).
 * @throws CooperError `emulator-missing`, `foreign-unsupported`
 */
export async function chooseEmulation(
  architecture: string,
  idMap: IdMap,
  options: { readonly hostFormats?: string; readonly hostOnly?: boolean } = {},
): Promise<Emulation> {
  if (architecture === hostArchitecture()) return native;
  const emulator = emulatorPath(architecture);
  const line = emulator === undefined ? undefined : formatLine(architecture, emulator);
  const installed = emulator !== undefined && line !== undefined && existsSync(emulator);
  if (installed && options.hostOnly !== true && (await canRegister(idMap, emulator, line))) {
    return { kind: 'own', formats: [line] };
  }
  if (hostServes(options.hostFormats ?? '/proc/sys/fs/binfmt_misc', architecture)) return { kind: 'host', formats: [] };
  throw installed ? unsupported(architecture) : missing(architecture, emulator);
}

/** Tries it in an empty box with nothing but the emulator in it. */
async function canRegister(idMap: IdMap, emulator: string, line: string): Promise<boolean> {
  try {
    await runBox({
      idMap,
      root: 'empty',
      mounts: [{ kind: 'bind', source: emulator, target: '/emulator', readOnly: true }],
      network: 'none',
      hostname: 'localhost',
      seccomp: 'guarded',
      noNewPrivileges: true,
      binaryFormats: [line],
      argv: ['/emulator', '--version'],
      env: {},
      cwd: '/',
      timeLimit: 30,
    });
    return true;
  } catch (error) {
    if (error instanceof CooperError && error.code === 'binary-formats-refused') return false;
    throw error;
  }
}

function hostServes(folder: string, architecture: string): boolean {
  const special = new Set(['register', 'status']);
  return entryNames(folder).some(
    (name) => !special.has(name) && serves(readFileSync(join(folder, name), 'utf8'), architecture),
  );
}

function entryNames(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (isSystemError(error, 'ENOENT') || isSystemError(error, 'EACCES')) return [];
    throw error;
  }
}

function missing(architecture: string, emulator: string | undefined): CooperError {
  const what = `programs of ${architecture} do not run on this ${hostArchitecture()} machine`;
  if (emulator === undefined) {
    const next = `Build it on a machine that is ${architecture}: there is no emulator for it.`;
    return new CooperError('emulator-missing', { what, next });
  }
  return new CooperError('emulator-missing', { what: `${what}: ${emulator} is not there` });
}

function unsupported(architecture: string): CooperError {
  return new CooperError('foreign-unsupported', {
    what: `this kernel registers no emulator inside user namespaces, and the host has none for ${architecture}`,
  });
}
