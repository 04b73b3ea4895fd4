// apt of the host, working on folders of its own: what it would install is what the resolver has to choose.

import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Mirrors } from '../../builder/source/debian/context.ts';
import type { Suite } from '../../variants/resolved.ts';

const keyring = createRequire(import.meta.url).resolve('#root/keys/trusted/debian-archive-keyring.asc');

/** apt with an empty or a given dpkg status. */
export interface HostApt {
  /** `name=version` of what `apt-get install` would install for these words, sorted; `name:i386` for a foreign package. */
  install(
    words: readonly string[],
    options?: { readonly installed?: readonly string[]; readonly recommends?: boolean },
  ): string[];
  /** The same on an empty system, or undefined when apt refuses. */
  tryInstall(words: readonly string[], recommends: boolean): string[] | undefined;
}

/** What apt is asked about; the native architecture is the first. */
export interface HostAptArchive {
  readonly suites: readonly Suite[];
  readonly mirrors: Mirrors;
  readonly architectures?: readonly string[];
}

/** Configures apt in `folder` for the suites, their pins included, and fetches their lists. */
export function openHostApt(folder: string, { suites, mirrors, architectures = ['amd64'] }: HostAptArchive): HostApt {
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
  writeFileSync(configuration, configure(folder, status, architectures));
  writeFileSync(join(folder, 'preferences'), suites.flatMap(preferences).join('\n'));
  const run = (program: string, words: readonly string[]) =>
    execFileSync(program, words, {
      env: { ...process.env, APT_CONFIG: configuration, LC_ALL: 'C' },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      maxBuffer: 1 << 28,
    });
  run('apt-get', ['update', '-q']);
  const [native = ''] = architectures;
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
      return listInstalled(output);
    },
    tryInstall(words, recommends) {
      setPresent([]);
      const option = `-oAPT::Install-Recommends=${recommends}`;
      try {
        // What would be fetched: the same set as of --simulate, without the order that takes it ten times as long.
        return listFetched(run('apt-get', ['--print-uris', '-yqq', option, 'install', ...words]), native);
      } catch (error) {
        if ((error as { status?: unknown }).status === 100) {
          return undefined;
        }
        throw error;
      }
    },
  };
}

/** Second word of each line: `name_version_architecture.deb`, with `%3a` for the colon of an epoch. */
function listFetched(output: string, native: string): string[] {
  const files = output.matchAll(/^'[^']*' ([^ _]+)_([^ _]+)_([^ _.]+)\.deb /gm);
  return [...files]
    .map(([, name = '', version = '', architecture = '']) => {
      const isNative = architecture === native || architecture === 'all';
      return `${isNative ? name : `${name}:${architecture}`}=${decodeURIComponent(version)}`;
    })
    .sort();
}

function listInstalled(output: string): string[] {
  const lines = output.matchAll(/^Inst (\S+) (?:\[[^\]]*\] )?\((\S+) /gm);
  return [...lines].map(([, name, version]) => `${name}=${version}`).sort();
}

/** apt_preferences(5) for the pins of a suite: by codename, which is what our suites are called by. */
function preferences({ name, pin, pins = {} }: Suite): string[] {
  const rule = (who: string, priority: number) =>
    `Package: ${who}\nPin: release n=${name}\nPin-Priority: ${priority}\n`;
  const single = Object.entries(pins).map(([who, priority]) => rule(who, priority));
  return pin === undefined ? single : [...single, rule('*', pin)];
}

/** Nothing of the host's own configuration, and no package that apt adds by itself. */
function configure(folder: string, status: string, architectures: readonly string[]): string {
  const settings: Record<string, string> = {
    'Dir::Etc': folder,
    'Dir::Etc::sourcelist': 'sources.list',
    'Dir::Etc::sourceparts': '/dev/null',
    'Dir::Etc::parts': '/dev/null',
    'Dir::Etc::main': '/dev/null',
    'Dir::Etc::preferences': join(folder, 'preferences'),
    'Dir::Etc::preferencesparts': '/dev/null',
    'Dir::State': join(folder, 'state'),
    'Dir::State::lists': join(folder, 'lists'),
    'Dir::State::status': status,
    'Dir::Cache': join(folder, 'cache'),
    'APT::Architecture': architectures[0] ?? '',
    'APT::Sandbox::User': '',
    'Acquire::Languages': 'none',
    'Acquire::Check-Valid-Until': 'false',
    'pkgCacheGen::ForceEssential': ',',
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} "${value}";`);
  const quoted = architectures.map((name) => `"${name}";`).join(' ');
  return [...lines, '#clear APT::Architectures;', `APT::Architectures { ${quoted} };`, ''].join('\n');
}

/** Stanzas of `apt-cache show` as dpkg's status would have them. */
function asInstalled(stanzas: string): string {
  return stanzas.replace(/^Package: .*$/gm, '$&\nStatus: install ok installed');
}
