// Neither the name nor the resolver of the machine that built an image is in it.

import type { RootView } from '../root-view.ts';
import type { Finding, HostTraces, Rule } from '../rule.ts';

const sizeLimit = 1 << 20;
// Files in which package scripts write the name of the machine they run on.
const nameFiles = ['etc/hostname', 'etc/mailname', 'etc/hosts'];
// Names that every machine has, so that finding them says nothing.
const everywhere = new Set(['', 'localhost', 'localhost.localdomain', 'ip6-localhost', 'ip6-loopback']);

/** Looks for the host's name in hostname, mailname and hosts, and for its name servers in resolv.conf. */
export const hostTraces: Rule = {
  code: 'host-trace',
  title: 'Nothing of the build host is left',
  check: (root, { host }) => [...checkNames(root, host), ...checkResolver(root, host)],
};

function checkNames(root: RootView, { hostname }: HostTraces): Finding[] {
  const names = [hostname, hostname.split('.')[0] ?? ''].filter((name) => !everywhere.has(name));
  return nameFiles.flatMap((path) => {
    const words = fieldsOf(textOf(root, path));
    return names.some((name) => words.has(name)) ? [{ path, message: 'names the build host' }] : [];
  });
}

function checkResolver(root: RootView, { resolvConf }: HostTraces): Finding[] {
  const path = 'etc/resolv.conf';
  const lines = new Set(resolverLines(resolvConf));
  const shared = resolverLines(textOf(root, path)).some((line) => lines.has(line));
  return shared ? [{ path, message: 'has a line of the resolv.conf of the build host' }] : [];
}

/** Comments and the order of spaces do not count. */
const resolverLines = (text: string) =>
  text
    .split('\n')
    .map((line) =>
      line
        .replace(/[#;].*/, '')
        .trim()
        .split(/\s+/)
        .join(' '),
    )
    .filter((line) => /^(?:nameserver|search|domain) /.test(line));

const fieldsOf = (text: string) => new Set(text.replaceAll(/#.*/g, '').split(/\s+/));

const textOf = (root: RootView, path: string) => root.readFile(path, sizeLimit)?.toString('utf8') ?? '';
