// Judges the clock: by what it cannot be, by what keeps it right, and by those of the servers. Pure.

import type { HostFacts } from '../facts.ts';
import { type Finding, fault, fine } from '../finding.ts';

/** Seconds by which a clock may be off, and by which it is wrong. */
const off = 60;
const wrong = 3600;

/** No release of Cooper is older than that. */
const earliest = new Date('2026-01-01T00:00:00Z');

/** The server with the least difference counts: another one's clock may be wrong itself. */
export function judgeClock({ clock, remotes }: Pick<HostFacts, 'clock' | 'remotes'>): Finding[] {
  const { now, synchronized } = clock;
  const time = `${now.toISOString().slice(0, 19)}Z`;
  const fix = 'As root: timedatectl set-ntp true';
  if (now < earliest) return [fault('clock', 'clock-wrong', `it is ${time} here, which cannot be`, fix)];
  const [skew] = skews(remotes).sort((one, other) => Math.abs(one) - Math.abs(other));
  if (skew !== undefined && Math.abs(skew) > off) {
    const seen = `the clock is ${spanText(Math.abs(skew))} ${skew > 0 ? 'behind' : 'ahead of'} that of the server nearest to it`;
    return [fault('clock', Math.abs(skew) > wrong ? 'clock-wrong' : 'clock-off', seen, fix)];
  }
  if (skew !== undefined) return [fine('clock', `${time}, as on the servers`)];
  if (synchronized === false) return [fault('clock', 'clock-unsynchronized', `${time}; nothing synchronizes it`, fix)];
  return [
    fine('clock', synchronized ? `${time}, synchronized` : `${time}; whether something corrects it is not known`),
  ];
}

function skews(remotes: HostFacts['remotes']): number[] {
  const servers = remotes?.ok ? remotes.value.flatMap((remote) => remote.servers) : [];
  return servers.flatMap(({ answer }) => (answer.ok && answer.value !== undefined ? [answer.value] : []));
}

function spanText(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} minutes`;
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} hours` : `${Math.round(seconds / 86_400)} days`;
}
