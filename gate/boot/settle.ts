// Has the init of a container settled, and how? The question is a shell script that runs inside, the answer its lines.
// Pure: whoever asks runs it.

/** What an answer tells. */
export type Settling =
  | { readonly state: 'not yet' }
  /** All is up. */
  | { readonly state: 'settled'; readonly init: string; readonly failed: readonly FailedUnit[] };

/** A unit of systemd that failed. */
export interface FailedUnit {
  readonly name: string;
  /** Path of its file; empty when it has none. */
  readonly file: string;
  readonly result: string;
}

/**
 * systemd says when it has settled; degraded means that some unit failed, so an answer without one is asked for again. Inits that
 * keep a runlevel have when it is reached (the runlevel of a systemd that does not run says nothing); of all others nothing is
 * known but that they go on living. On a busy machine the question may come before systemd has made its folder, or before the
 * init has even been executed: that is none of those others.
 */
export const question = `
systemd() {
  [ -d /run/systemd/system ] && return
  case $(readlink /proc/1/exe 2>/dev/null) in */systemd) return 0 ;; esac
  return 1
}
if systemd; then
  [ -d /run/systemd/system ] || exit 0
  verdict=$(systemctl is-system-running --wait 2>/dev/null)
  case $verdict in running|degraded|maintenance) ;; *) exit 0 ;; esac
  units=$(systemctl list-units --failed --plain --no-legend --no-pager) || exit 0
  [ "$verdict" = degraded ] && [ -z "$units" ] && exit 0
  printf '%s\n' "$units" | while read -r unit rest; do
    [ -n "$unit" ] || continue
    file=$(systemctl show --property FragmentPath --value "$unit")
    echo "failed $unit $(systemctl show --property Result --value "$unit") $file"
  done
  echo "settled systemd $verdict"
elif command -v rc-status >/dev/null 2>&1; then
  [ "$(rc-status --runlevel 2>/dev/null)" = default ] && echo "settled openrc default"
else
  tool=$(command -v runlevel)
  case $(readlink -f "$tool" 2>/dev/null) in */systemctl) tool= ;; esac
  if [ -n "$tool" ]; then
    set -- $(runlevel 2>/dev/null)
    case $2 in [2-5]) echo "settled sysvinit runlevel $2" ;; esac
  else
    sleep 3
    systemd || echo "settled init"
  fi
fi
exit 0
`;

/** Reads what the script said. */
export function settlingOf(output: string): Settling {
  const lines = output.split('\n');
  const settled = lines.find((line) => line.startsWith('settled '));
  if (settled === undefined) return { state: 'not yet' };
  const failed = lines.flatMap((line) => {
    const [, name, result = '', file = ''] = /^failed (\S+) (\S*) ?(.*)$/.exec(line) ?? [];
    return name === undefined ? [] : [{ name, result, file }];
  });
  return { state: 'settled', init: settled.slice('settled '.length), failed };
}
