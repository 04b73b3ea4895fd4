// File capabilities as getcap(8) shows them, from the attribute security.capability (capabilities(7), struct vfs_cap_data
// of linux/capability.h). Refuses nothing: what it cannot read is shown as bytes.

// By number, from 0 on (linux/capability.h).
const names =
  `chown dac_override dac_read_search fowner fsetid kill setgid setuid setpcap linux_immutable net_bind_service
  net_broadcast net_admin net_raw ipc_lock ipc_owner sys_module sys_rawio sys_chroot sys_ptrace sys_pacct sys_admin
  sys_boot sys_nice sys_resource sys_time sys_tty_config mknod lease audit_write audit_control setfcap mac_override
  mac_admin syslog wake_alarm block_suspend audit_read perfmon bpf checkpoint_restore`.split(/\s+/);

/** The name of the attribute. */
export const capabilityAttribute = 'security.capability';

/** `cap_net_raw=ep`; several in the order of their numbers, joined by commas when they have the same flags. */
export function capabilityText(value: Buffer): string {
  const revision = value.length >= 4 ? value.readUInt32LE(0) >>> 24 : 0;
  const words = { 1: 1, 2: 2, 3: 2 }[revision];
  if (words === undefined || value.length < 4 + 8 * words) return `capabilities 0x${value.toString('hex')}`;
  const effective = (value.readUInt32LE(0) & 1) === 1 ? 'e' : '';
  const groups = new Map<string, string[]>();
  for (let number = 0; number < 32 * words; number += 1) {
    const permitted = bit(value, 4, number);
    const inheritable = bit(value, 8, number);
    if (!permitted && !inheritable) continue;
    const flags = `${effective}${inheritable ? 'i' : ''}${permitted ? 'p' : ''}`;
    groups.set(flags, [...(groups.get(flags) ?? []), `cap_${names[number] ?? number}`]);
  }
  return [...groups].map(([flags, held]) => `${held.join(',')}=${flags}`).join(' ');
}

function bit(value: Buffer, offset: number, number: number): boolean {
  const word = value.readUInt32LE(offset + 8 * Math.floor(number / 32));
  return ((word >>> (number % 32)) & 1) === 1;
}
