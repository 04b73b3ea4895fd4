// What is promised of sshd in a running container of a variant that has it: off, and no key that two containers could share.

import { expect, it } from 'vitest';
import { attach, type Container } from './container.ts';

/** Declares the tests; `which` is called inside them, when the container runs. */
export function sshIsOff(which: () => Container): void {
  const hostKeys = async () => (await attach(which(), 'find', '/etc/ssh', '-name', 'ssh_host_*_key')).output;
  it('sshd is off, also by its socket, and there is no host key', async () => {
    const units = ['ssh.service', 'ssh.socket'];
    expect((await attach(which(), 'systemctl', 'is-enabled', ...units)).output).toBe('disabled\ndisabled\n');
    expect((await attach(which(), 'systemctl', 'is-active', ...units)).output).toBe('inactive\ninactive\n');
    expect(await hostKeys()).toBe('');
  });
  it('sshd has host keys of its own once it is started, and answers with them', async () => {
    expect(await attach(which(), 'systemctl', 'start', 'ssh.service')).toEqual({ status: 0, output: '' });
    expect(await hostKeys()).toMatch(/ssh_host_ed25519_key\n/);
    const scanned = await attach(which(), 'ssh-keyscan', '-t', 'ed25519', '127.0.0.1');
    const own = await attach(which(), 'cut', '-d ', '-f1,2', '/etc/ssh/ssh_host_ed25519_key.pub');
    expect(scanned.output).toContain(own.output.trim());
  });
}
