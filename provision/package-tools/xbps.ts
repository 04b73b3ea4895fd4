// XBPS of Void Linux: xbps-install(1).

import { notTogether, notTrusted, type PackageManager, unknownPackage, withoutNetwork } from './tool.ts';

export const xbps: PackageManager = {
  name: 'xbps',
  programs: ['/usr/bin/xbps-install'],
  // A name, or a pattern of versions as in `less>=608`.
  packageName: /^[A-Za-z0-9_][A-Za-z0-9_.+-]*(?:(?:[<>]=?)[A-Za-z0-9_.]+)?$/,
  // It installs nothing while there is a newer one of itself.
  refresh: [['xbps-install', '-Syu', 'xbps']],
  install: (names) => [['xbps-install', '-y', ...names]],
  update: [['xbps-install', '-Syu']],
  remove: (names) => [['xbps-remove', '-Ry', ...names]],
  clean: [['xbps-remove', '-Oy']],
  // xbps.d(5).
  repository: ({ name, url, key, keyName }) => {
    const entry = { path: `/etc/xbps.d/${name}.conf`, text: `repository=${url}\n` };
    return { files: [{ path: `/var/db/xbps/keys/${keyName}`, text: key }, entry], programs: [] };
  },
  meanings: [
    [/^Package '([^']+)' not found in repository pool/, ([, name]) => unknownPackage(name)],
    [/(?:Transient resolver failure|Operation timed out|No route to host|Connection refused)/, withoutNetwork],
    [/^(?:ERROR: )?(?:\[\S+\] )?([^:\s]+): the RSA signature is not valid/, ([, file]) => notTrusted(file)],
    [/(?:MISSING: |in transaction breaks|unresolvable|conflicts with)/, notTogether],
  ],
};
