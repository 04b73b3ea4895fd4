// The gate where it really runs: in a worker inside a box.

import { expect, test } from 'vitest';
import { runGate } from '../../gate/index.ts';
import { buildIdMap, containerIdMap, readSubids } from '../../native/index.ts';
import { host, withRootMeanwhile } from '../gate/sample-root.ts';

/** In which the files of whoever runs the tests belong to root. */
const ownIds = async () => (process.getuid?.() === 0 ? 'host' : await buildIdMap());

test('a root that keeps every rule passes, and its cost is told', async () => {
  const idMap = await ownIds();
  const report = await withRootMeanwhile((root) => runGate({ path: root.path }, { idMap, host }));
  expect(report.rules.flatMap(({ findings }) => findings)).toEqual([]);
  expect(report.cpuSeconds).toBeGreaterThan(0);
});

test('a root that breaks rules is refused with what the worker has found', async () => {
  const idMap = await ownIds();
  const refused = withRootMeanwhile((root) => {
    root.file('etc/shadow', 'root::1::::::\n');
    root.folder('tmp', 0o777);
    return runGate({ path: root.path }, { idMap, host });
  });
  await expect(refused).rejects.toMatchObject({
    code: 'gate-refused',
    lines: ['usable-password: /etc/shadow root needs no password', 'world-writable: /tmp has mode 0777'],
  });
});

test('owners that the id map does not know are foreign', async () => {
  const idMap = containerIdMap(await readSubids());
  // The worker is nobody to the root: it can only look at what everybody may see.
  const refused = withRootMeanwhile((root) => {
    for (const path of ['etc/shadow', 'etc/gshadow']) root.file(path, '', 0o644);
    root.remove('root');
    return runGate({ path: root.path }, { idMap, host });
  });
  await expect(refused).rejects.toMatchObject({
    code: 'gate-refused',
    lines: expect.arrayContaining(['foreign-id: /etc/passwd belongs to 65534:65534']),
  });
});

test('a root that is aborted in its judgement throws the reason', async () => {
  const idMap = await ownIds();
  const reason = new Error('enough');
  const aborted = withRootMeanwhile((root) =>
    runGate({ path: root.path }, { idMap, host, signal: AbortSignal.abort(reason) }),
  );
  await expect(aborted).rejects.toBe(reason);
});
