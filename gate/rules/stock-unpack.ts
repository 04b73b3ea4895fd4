// A stock client can unpack the archive without rights of the host: GNU tar in a user namespace, with the client's line.

import type { Finding, ImageRule } from '../rule.ts';

const mostLines = 20;

/** Reads what tar said. */
export const stockUnpack: ImageRule = {
  code: 'stock-unpack',
  title: 'GNU tar unpacks the archive in a user namespace',
  check: ({ unpacking }) => {
    if (unpacking.outcome === 'done') return [];
    if (unpacking.outcome === 'skipped') return [{ path: '', message: unpacking.reason, weight: 'skipped' }];
    const said = unpacking.lines.flatMap(complaint).slice(0, mostLines);
    return said.length > 0 ? said : [{ path: 'rootfs.tar.xz', message: `made tar end with ${unpacking.status}` }];
  },
};

/** `tar: ./dev/null: Cannot mknod: Operation not permitted`; the line that only says that there were others is none. */
function complaint(line: string): Finding[] {
  const [, name, message] = /^(?:\/\S+\/)?tar: (\.[^:]*): (.+)$/.exec(line) ?? [];
  if (name !== undefined && message !== undefined) {
    return [{ path: Buffer.from(name.replace(/^\.\/?/, '')).toString('latin1'), message: `stops tar: ${message}` }];
  }
  if (line.trim() === '' || /previous errors$/.test(line)) return [];
  return [{ path: 'rootfs.tar.xz', message: `stops tar: ${line}` }];
}
