// opkg of OpenWrt.

import { notTogether, notTrusted, type PackageManager, unknownPackage, withoutNetwork } from './tool.ts';

/** On OpenWrt /var is /tmp, and lists and locks that lie there are gone with the box. */
function inOneBox(script: string, names: readonly string[] = []): readonly string[] {
  return ['sh', '-ec', `mkdir -p /var/lock; ${script}`, 'sh', ...names];
}

export const opkg: PackageManager = {
  name: 'opkg',
  programs: ['/bin/opkg', '/usr/bin/opkg'],
  packageName: /^[a-z0-9][a-z0-9.+_-]*(?<!\.ipk)$/,
  refresh: [],
  install: (names) => [inOneBox('opkg update; exec opkg install "$@"', names)],
  update: [
    inOneBox('opkg update; names=$(opkg list-upgradable | cut -d \' \' -f 1); [ -z "$names" ] || opkg upgrade $names'),
  ],
  remove: (names) => [inOneBox('exec opkg --autoremove remove "$@"', names)],
  clean: [['sh', '-c', 'rm -rf /var/opkg-lists/* /tmp/opkg-*']],
  repository: ({ name, url, key, keyName }) => {
    const entry = { path: `/etc/opkg/${name}.conf`, text: `src/gz ${name} ${url}\n` };
    return { files: [{ path: `/etc/opkg/keys/${keyName}`, text: key }, entry], programs: [] };
  },
  meanings: [
    [/Unknown package '([^']+)'/, ([, name]) => unknownPackage(name)],
    [/Couldn't find anything to satisfy '([^']+)'/, ([, name]) => unknownPackage(name)],
    [/(?:Failed to download the package list|wget returned|Failed to send request)/, withoutNetwork],
    [/Signature check failed/, () => notTrusted('the list of packages')],
    [/(?:cannot find dependency|satisfy_dependencies_for)/, notTogether],
  ],
};
