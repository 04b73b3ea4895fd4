// Options of what provisions a container, and the order in which they stand on the command line.

import { type Command, Option } from 'commander';
import { otherOptions } from './options.ts';

// The options of one command line are read one after the other, in the order in which they stand there.
let places = 0;

/** An option that can be given several times; each value with its place among those of all options that are read so. */
function placed(
  value: string | undefined,
  before: readonly { readonly at: number; readonly value: string }[] | undefined,
): readonly { readonly at: number; readonly value: string }[] {
  places += 1;
  return [...(before ?? []), { at: places, value: value ?? '' }];
}

/** Of what provisions a container; done in the order in which they stand on the command line. */
export function provisioning(command: Command): Command {
  return command
    .optionsGroup('Provisioning, in the order in which it is given:')
    .option('--run <SCRIPT>', 'run a script of this machine in the root (repeatable)', placed)
    .option(
      '--file <SRC:DST[:MODE[:OWNER]]>',
      'copy a file of this machine into the root; OWNER as USER or USER:GROUP (repeatable)',
      placed,
    )
    .option(
      '--packages <NAMES>',
      'install packages, a,b,…, with the package manager of the root; -a takes one away (repeatable)',
      placed,
    )
    .option('--update-packages', 'bring all packages of the root up to date', placed)
    .addOption(
      new Option(
        '--network <KIND>',
        'what --run, --packages and --update-packages have of the network (default: none)',
      ).choices(['none', 'host']),
    )
    .optionsGroup(otherOptions);
}
