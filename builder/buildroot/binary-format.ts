// How programs of each architecture look to the kernel, as lines for binfmt_misc (Documentation/admin-guide/binfmt-misc.rst).
// Pure. Refuses architectures that QEMU's user mode does not emulate by answering undefined.

/** What the ELF header of an architecture's programs says, and what QEMU calls it. */
interface Machine {
  readonly bits: 32 | 64;
  readonly bigEndian?: true;
  /** e_machine of the ELF header. */
  readonly machine: number;
  readonly qemu: string;
}

const machines: Readonly<Record<string, Machine>> = {
  amd64: { bits: 64, machine: 62, qemu: 'x86_64' },
  i386: { bits: 32, machine: 3, qemu: 'i386' },
  arm64: { bits: 64, machine: 183, qemu: 'aarch64' },
  armhf: { bits: 32, machine: 40, qemu: 'arm' },
  ppc64el: { bits: 64, machine: 21, qemu: 'ppc64le' },
  riscv64: { bits: 64, machine: 243, qemu: 'riscv64' },
  s390x: { bits: 64, bigEndian: true, machine: 22, qemu: 's390x' },
};

/** Where Debian's qemu-user-static has the emulator of an architecture. */
export function emulatorPath(architecture: string): string | undefined {
  const known = Object.hasOwn(machines, architecture) ? machines[architecture] : undefined;
  return known === undefined ? undefined : `/usr/bin/qemu-${known.qemu}-static`;
}

/** The first 20 bytes of an ELF header, and which of their bits count: any OS ABI, ET_EXEC or ET_DYN. */
export function elfMagic(architecture: string): { readonly magic: Buffer; readonly mask: Buffer } | undefined {
  const known = Object.hasOwn(machines, architecture) ? machines[architecture] : undefined;
  if (known === undefined) return undefined;
  const magic = Buffer.alloc(20);
  magic.set([0x7f, 0x45, 0x4c, 0x46, known.bits / 32, known.bigEndian ? 2 : 1, 1]);
  const write = (value: number, offset: number) =>
    known.bigEndian ? magic.writeUInt16BE(value, offset) : magic.writeUInt16LE(value, offset);
  write(2, 16);
  write(known.machine, 18);
  const mask = Buffer.alloc(20, 0xff);
  mask[7] = 0;
  mask[known.bigEndian ? 17 : 16] = 0xfe;
  return { magic, mask };
}

/**
 * The line to register. Flags: P keeps argv[0] (busybox and perl look at it); F opens the emulator now, so that the root need not have it; O and C give it the program as
 * an fd and the program's set-uid bits, which su and the like need.
 */
export function formatLine(architecture: string, emulator: string): string | undefined {
  const elf = elfMagic(architecture);
  if (elf === undefined) return undefined;
  const escaped = (bytes: Buffer) => [...bytes].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
  return `:cooper-${architecture}:M::${escaped(elf.magic)}:${escaped(elf.mask)}:${emulator}:POCF`;
}

/** Whether an entry of a mounted binfmt_misc (its file's text) runs programs of the architecture in any root: on, with flag F. */
export function serves(entry: string, architecture: string): boolean {
  const elf = elfMagic(architecture);
  const lines = entry.split('\n');
  const field = (name: string) => lines.find((line) => line.startsWith(`${name} `))?.slice(name.length + 1);
  const flags = lines.find((line) => line.startsWith('flags: '))?.slice(7) ?? '';
  if (elf === undefined || lines[0] !== 'enabled' || !flags.includes('F') || (field('offset') ?? '0') !== '0')
    return false;
  const magic = Buffer.from(field('magic') ?? '', 'hex');
  const mask = field('mask') === undefined ? Buffer.alloc(magic.length, 0xff) : Buffer.from(field('mask') ?? '', 'hex');
  return (
    magic.length >= 20 &&
    magic.every((byte, at) => (byte & (mask[at] ?? 0xff)) === ((elf.magic[at] ?? 0) & (mask[at] ?? 0xff)))
  );
}
