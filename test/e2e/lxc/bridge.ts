// A network of its own with the bridge that LXC expects, lxcbr0, and dnsmasq on it as lxc-net has it: addresses by DHCP
// and router advertisement, and names. LXC has no default.conf there, and everybody can enter the checkout. It touches
// nothing of the host's network and files and goes away with dnsmasq.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../../native/package-root.ts';
import type { Actor } from './actor.ts';

/** The network, until it is taken down. */
export interface Bridge {
  /** A name that only this network's name server knows, and its address. */
  readonly name: string;
  readonly address: string;
  /** The same actor, with commands that run in this network. */
  readonly inside: (actor: Actor) => Actor;
  /** The program that runs another one in this network. */
  readonly enter: readonly string[];
  /** Where the checkout is to be found, by every user. */
  readonly checkout: string;
  readonly takeDown: () => Promise<void>;
}

/** Configuration of a container on the bridge. */
export const bridged = 'lxc.net.0.type = veth\nlxc.net.0.link = lxcbr0\nlxc.net.0.flags = up\n';

const checkout = '/mnt';

// LXC looks bridges up in /sys, which shows the network of whoever mounted it: hence a mount namespace too, with a
// sysfs of this network and the host's control groups in it. $1: an empty folder; $2: an ordinary user who may attach
// containers (lxc-usernet(5)); $3: the checkout; the rest: options of dnsmasq.
const setUp = `
mount --rbind /sys/fs/cgroup "$1"
mount -t sysfs sysfs /sys
mount --move "$1" /sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs /etc/lxc
echo "$2 veth lxcbr0 4" > /etc/lxc/lxc-usernet
mount --bind "$3" ${checkout}
shift 3
ip link set lo up
ip link add lxcbr0 type bridge
ip address add 10.0.3.1/24 dev lxcbr0
ip address add fd0c::1/64 dev lxcbr0 nodad
ip link set lxcbr0 up
echo ready
exec dnsmasq "$@"
`;

/** Sets it up with its files in `folder`. `user`: an ordinary user who may attach containers to it. */
export async function setUpBridge(folder: string, user: string): Promise<Bridge> {
  const cgroups = join(folder, 'cgroup');
  mkdirSync(cgroups, { recursive: true });
  const inputs = [cgroups, user, packageRoot, ...options(join(folder, 'leases'))];
  const words = ['--net', '--mount', '/bin/sh', '-ec', setUp, 'sh', ...inputs];
  const server = spawn('unshare', words, { stdio: ['ignore', 'pipe', 'inherit'] });
  await ready(server);
  const enter = ['nsenter', '--target', String(server.pid), '--net', '--mount'];
  return {
    name: 'registry.test',
    address: '10.0.3.77',
    enter,
    checkout,
    inside: (actor) => ({ ...actor, line: (argv, env) => [...enter, ...actor.line(argv, env)] }),
    takeDown: () => end(server),
  };
}

function options(leases: string): string[] {
  const alone = ['--keep-in-foreground', '--conf-file=/dev/null', '--no-resolv', '--no-hosts', '--pid-file='];
  const where = ['--interface=lxcbr0', '--except-interface=lo', '--bind-interfaces', `--dhcp-leasefile=${leases}`];
  const what = ['--dhcp-range=10.0.3.100,10.0.3.199,1h', '--dhcp-range=fd0c::,ra-only', '--enable-ra'];
  return [...alone, ...where, ...what, '--address=/registry.test/10.0.3.77'];
}

function ready(server: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.once('exit', (status) => reject(new Error(`the bridge was not set up: status ${status}`)));
    server.stdout?.once('data', () => resolve());
  });
}

function end(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    server.once('exit', () => resolve());
    server.kill('SIGTERM');
  });
}
