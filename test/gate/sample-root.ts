// A small root on disk that keeps every rule, to be spoilt by the tests in one place each.

import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { openRootView } from '../../gate/disk-view.ts';
import type { Finding, Rule } from '../../gate/rule.ts';

export const host = {
  hostname: 'builder7.lab.example',
  resolvConf: '# by hand\nnameserver 192.0.2.53\nsearch lab.example\n',
};

/** What the tests change a root with. Paths are relative to the root. */
export interface Root {
  readonly path: string;
  readonly file: (path: string, text?: string, mode?: number) => void;
  readonly link: (path: string, target: string) => void;
  readonly folder: (path: string, mode?: number) => void;
  readonly remove: (path: string) => void;
}

function rootAt(path: string): Root {
  const at = (inside: string) => {
    mkdirSync(dirname(join(path, inside)), { recursive: true });
    return join(path, inside);
  };
  const remove = (inside: string) => rmSync(join(path, inside), { recursive: true, force: true });
  return {
    path,
    remove,
    file: (inside, text = '', mode = 0o644) => {
      remove(inside);
      writeFileSync(at(inside), text);
      chmodSync(join(path, inside), mode);
    },
    link: (inside, target) => {
      remove(inside);
      symlinkSync(target, at(inside));
    },
    folder: (inside, mode = 0o755) => {
      mkdirSync(join(path, inside), { recursive: true });
      chmodSync(join(path, inside), mode);
    },
  };
}

function fill(root: Root): void {
  root.folder('usr/sbin');
  root.link('sbin', 'usr/sbin');
  root.file('usr/lib/systemd/systemd', 'ELF', 0o755);
  root.link('usr/sbin/init', '../lib/systemd/systemd');
  root.file('etc/passwd', 'root:x:0:0:root:/root:/bin/sh\nsshd:x:101:65534::/run/sshd:/usr/sbin/nologin\n');
  root.file('etc/shadow', 'root:*:19000:0:99999:7:::\nsshd:!:19000::::::\n', 0o640);
  root.file('etc/group', 'root:x:0:\nsudo:x:27:\n');
  root.file('etc/gshadow', 'root:*::\nsudo:!::\nold:::\n', 0o640);
  root.file('etc/machine-id');
  root.link('var/lib/dbus/machine-id', '/etc/machine-id');
  root.file('etc/hostname', 'LXC_NAME\n');
  root.file('etc/hosts', '127.0.0.1 localhost\n127.0.1.1 LXC_NAME\n');
  root.link('etc/resolv.conf', '../run/systemd/resolve/stub-resolv.conf');
  root.folder('tmp', 0o1777);
  root.folder('home');
  root.folder('root', 0o700);
}

/** Makes the root and hands it on; removes it after. */
export function withRoot<Result>(use: (root: Root) => Result): Result {
  const root = makeRoot();
  try {
    return use(root);
  } finally {
    rmSync(root.path, { recursive: true });
  }
}

/** The same for work that takes its time. */
export async function withRootMeanwhile<Result>(use: (root: Root) => Promise<Result>): Promise<Result> {
  const root = makeRoot();
  try {
    return await use(root);
  } finally {
    rmSync(root.path, { recursive: true });
  }
}

function makeRoot(): Root {
  const path = mkdtempSync(join(tmpdir(), 'cooper-root-'));
  chmodSync(path, 0o755);
  const root = rootAt(path);
  fill(root);
  return root;
}

/** What a rule finds in the sample after `change`. */
export function found(rule: Rule, change: (root: Root) => void = () => undefined): readonly Finding[] {
  return withRoot((root) => {
    change(root);
    return rule.check(openRootView(root.path), { host });
  });
}
