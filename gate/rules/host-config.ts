// What meta.tar.xz has LXC do when a container is made and started: on the host, as whoever starts it, in the case of root with all
// that root may. An image may say what concerns the container alone; hooks, mounts from the host, files of the host and whatever loosens
// LXC's own defaults are for the owner of the machine (lxc.container.conf(5)).

import { bindsEveryonesDevice, memberLines } from '../../image/index.ts';
import type { PackedImage } from '../packed-image.ts';
import type { Finding, ImageRule } from '../rule.ts';

const path = 'meta.tar.xz';

/** Looks at every configuration and fstab, whichever mode and level of client takes it, and at the message that is shown as it is. */
export const hostConfig: ImageRule = {
  code: 'host-config',
  title: 'Containers of the image leave the host alone',
  check: ({ meta }) => [
    ...membersOf(meta, 'config').flatMap(([name, lines]) =>
      lines.filter((line) => !isHarmless(line)).map((line) => found(name, line)),
    ),
    ...membersOf(meta, 'fstab').flatMap(([name, lines]) =>
      lines.filter((line) => !isOwnMount(line)).map((line) => found(name, line)),
    ),
    ...membersOf(meta, 'create-message').flatMap(([name, lines]) =>
      lines.some((line) => controls.test(line))
        ? [{ path, message: `has characters in ${name} that steer terminals` }]
        : [],
    ),
  ],
};

/** Of a terminal: what is neither a tab nor text. */
const controls = /[^\P{Cc}\t]/u;

function membersOf(meta: PackedImage['meta'], stem: string): [string, string[]][] {
  return [...meta]
    .filter(([name]) => name === stem || name.startsWith(`${stem}-`) || name.startsWith(`${stem}.`))
    .map(([name, text]) => [name, memberLines(text).filter((line) => !line.startsWith('#'))]);
}

function found(name: string, line: string): Finding {
  return { path, message: `says in ${name} what is for the owner of a machine to say: ${line}` };
}

/** Values of settings that concern the container alone, by key. Every other setting is refused. */
const harmless: readonly (readonly [RegExp, RegExp])[] = [
  [/^lxc\.include$/, /^LXC_TEMPLATE_CONFIG\/[\w.-]+$/],
  [/^lxc\.(arch|uts\.name|utsname|autodev|environment|tty\.(max|dir)|tty|pty\.max|pts|devttydir)$/, /^/],
  [/^lxc\.(signal|init)\.[a-z]+$/, /^/],
  [/^lxc\.mount\.auto$/, /^(?:(?:proc|sys|cgroup)(?::(?:ro|mixed))?(?:\s+|$))+$/],
  [/^lxc\.cap\.drop$/, /^[a-z_ ]+$/],
  [/^lxc\.cgroup2?\.devices\.deny$/, /^/],
  [/^lxc\.no_new_privs$/, /^1$/],
];

function isHarmless(line: string): boolean {
  const [, key = '', value = ''] = /^([^=\s]+)\s*=\s*(.*)$/.exec(line) ?? [];
  if (key === 'lxc.mount.entry') return isOwnMount(value);
  return harmless.some(([keys, values]) => keys.test(key) && values.test(value));
}

/** True for a file system of the kernel's own, or a device that everybody may open, below the root of the container. */
function isOwnMount(line: string): boolean {
  const [source = '', target = '', type = '', options = ''] = line.split(/\s+/);
  if (target === '' || target.startsWith('/') || target.split('/').includes('..')) return false;
  if (bindsEveryonesDevice(source, type, options)) return true;
  return !source.startsWith('/') && /^(proc|sysfs|tmpfs|mqueue|devpts|ramfs)$/.test(type);
}
