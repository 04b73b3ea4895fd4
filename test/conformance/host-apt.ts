// apt of the host, working on folders of its own: what it would install is what the resolver has to choose.

import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Mirrors } from '../../builder/source/debian/context.ts';
import type { Suite } from '../../variants/resolved.ts';

const keyring = createRequire(import.meta.url).resolve('#root/keys/trusted/debian-archive-keyring.asc');

/** apt for amd64 with an empty or a given dpkg status. */
export interface HostApt {
  /** `name=version` of what `apt-get install` would install for these words, sorted. */
  install(
    words: readonly string[],
    options?: { readonly installed?: readonly string[]; readonly recommends?: boolean },
  ): string[];
}

/** Configures apt in `folder` for the suites and fetches their lists. */
export function openHostApt(folder: string, suites: readonly Suite[], mirrors: Mirrors): HostApt {
  for (const name of ['lists/partial', 'cache/archives/partial', 'state']) {
    mkdirSync(join(folder, name), { recursive: true });
  }
  const sources = suites.map(
    ({ name, archive, components }) =>
      `deb [signed-by=${keyring}] ${mirrors[archive]} ${name} ${components.join(' ')}\n`,
  );
  writeFileSync(join(folder, 'sources.list'), sources.join(''));
  const status = join(folder, 'status');
  writeFileSync(status, '');
  const configuration = join(folder, 'apt.conf');
  writeFileSync(configuration, configure(folder, status));
  const run = (program: string, words: readonly string[]) =>
    execFileSync(program, words, {
      env: { ...process.env, APT_CONFIG: configuration, LC_ALL: 'C' },
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    });
  run('apt-get', ['update', '-q']);
  let present: readonly string[] = [];
  // Each change of the status makes apt read all of its lists again, which takes seconds.
  const setPresent = (installed: readonly string[]) => {
    if (installed.join() !== present.join()) {
      writeFileSync(status, installed.length === 0 ? '' : asInstalled(run('apt-cache', ['show', ...installed])));
      present = installed;
    }
  };
  return {
    install(words, { installed = [], recommends = false } = {}) {
      setPresent(installed);
      const option = `-oAPT::Install-Recommends=${recommends}`;
      const output = run('apt-get', ['--simulate', option, 'install', ...words]);
      const lines = output.matchAll(/^Inst (\S+) (?:\[[^\]]*\] )?\((\S+) /gm);
      return [...lines].map(([, name, version]) => `${name}=${version}`).sort();
    },
  };
}

/** Nothing of the host's own configuration, and no package that apt adds by itself. */
function configure(folder: string, status: string): string {
  const settings: Record<string, string> = {
    'Dir::Etc': folder,
    'Dir::Etc::sourcelist': 'sources.list',
    'Dir::Etc::sourceparts': '/dev/null',
    'Dir::Etc::parts': '/dev/null',
    'Dir::Etc::main': '/dev/null',
    'Dir::Etc::preferences': '/dev/null',
    'Dir::Etc::preferencesparts': '/dev/null',
    'Dir::State': join(folder, 'state'),
    'Dir::State::lists': join(folder, 'lists'),
    'Dir::State::status': status,
    'Dir::Cache': join(folder, 'cache'),
    'APT::Architecture': 'amd64',
    'APT::Sandbox::User': '',
    'Acquire::Languages': 'none',
    'pkgCacheGen::ForceEssential': ',',
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} "${value}";`);
  return [...lines, '#clear APT::Architectures;', 'APT::Architectures { "amd64"; };', ''].join('\n');
}

/** Stanzas of `apt-cache show` as dpkg's status would have them. */
function asInstalled(stanzas: string): string {
  return stanzas.replace(/^Package: .*$/gm, '$&\nStatus: install ok installed');
}
