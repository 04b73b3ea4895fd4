// No ssh host key is in an image: every container would share it. They are made at the first boot.

import type { Rule } from '../rule.ts';

const places = [
  { directory: 'etc/ssh', name: /^ssh_host_.*key(?:\.pub)?$/ },
  { directory: 'etc/dropbear', name: /_host_key$/ },
];

/** Looks where OpenSSH and Dropbear keep host keys. */
export const sshHostKeys: Rule = {
  code: 'ssh-host-key',
  title: 'There is no ssh host key',
  check: (root) =>
    places.flatMap(({ directory, name }) =>
      root
        .readdir(directory)
        .filter((each) => name.test(each))
        .map((each) => ({ path: `${directory}/${each}`, message: 'is an ssh host key' })),
    ),
};
