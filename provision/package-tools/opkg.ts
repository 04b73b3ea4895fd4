// opkg of OpenWrt.

import { notTogether, notTrusted, type PackageManager, unknownPackage, withoutNetwork } from './tool.ts';

export const opkg: PackageManager = {
  name: 'opkg',
  programs: ['/bin/opkg', '/usr/bin/opkg'],
  packageName: /^[a-z0-9][a-z0-9.+_-]*(?<!\.ipk)$/,
  install: (names) => [
    ['opkg', 'update'],
    ['opkg', 'install', ...names],
  ],
  meanings: [
    [/Unknown package '([^']+)'/, ([, name]) => unknownPackage(name)],
    [/Couldn't find anything to satisfy '([^']+)'/, ([, name]) => unknownPackage(name)],
    [/(?:Failed to download the package list|wget returned|Failed to send request)/, withoutNetwork],
    [/Signature check failed/, () => notTrusted('the list of packages')],
    [/(?:cannot find dependency|satisfy_dependencies_for)/, notTogether],
  ],
};
