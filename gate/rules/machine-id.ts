// The machine id is made at the first boot: /etc/machine-id is there and empty (machine-id(5), "Initialization").

import type { Finding, Rule } from '../rule.ts';

const main = 'etc/machine-id';
const dbus = 'var/lib/dbus/machine-id';

/** Looks at /etc/machine-id and at D-Bus's copy, which may only be a link. */
export const machineId: Rule = {
  code: 'machine-id',
  title: '/etc/machine-id is present and empty',
  check: (root) => {
    const findings: Finding[] = [];
    const entry = root.lstat(main);
    if (entry === undefined) findings.push({ path: main, message: 'is missing' });
    else if (entry.kind !== 'file') findings.push({ path: main, message: `is a ${entry.kind}, not a file` });
    else if (entry.size > 0) findings.push({ path: main, message: 'is not empty' });
    const copy = root.lstat(dbus);
    if (copy !== undefined && copy.kind !== 'symlink') findings.push({ path: dbus, message: 'is not a link' });
    return findings;
  },
};
