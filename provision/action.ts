// What to run for an action of a definition: pure data for whoever opens the box.

/** A script with its name for people. */
export interface ActionScript {
  readonly name: string;
  readonly script: string;
}

/** The image an action works on, told to its script as COOPER_DISTRIBUTION and so on. */
export interface ActionImage {
  readonly distribution: string;
  readonly release: string;
  readonly architecture: string;
  readonly variant: string;
}

/** A program with arguments and its whole environment. */
export interface ActionCommand {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/**
 * `sh -e -c SCRIPT` with the action's name as `$0`: the script is not on standard input, so that what it starts cannot
 * eat it. `epoch` (seconds since 1970) is SOURCE_DATE_EPOCH for the programs inside.
 */
export function actionCommand(action: ActionScript, image: ActionImage, epoch: number): ActionCommand {
  return {
    argv: ['/bin/sh', '-e', '-c', action.script, action.name],
    env: {
      ...cleanEnvironment,
      SOURCE_DATE_EPOCH: String(epoch),
      COOPER_DISTRIBUTION: image.distribution,
      COOPER_RELEASE: image.release,
      COOPER_ARCHITECTURE: image.architecture,
      COOPER_VARIANT: image.variant,
    },
  };
}

/** The environment of everything that runs while an image is made; nothing of the host's is in it. */
export const cleanEnvironment: Readonly<Record<string, string>> = Object.freeze({
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/root',
  USER: 'root',
  LOGNAME: 'root',
  SHELL: '/bin/sh',
  TERM: 'dumb',
  LANG: 'C.UTF-8',
  LC_ALL: 'C.UTF-8',
  TZ: 'UTC0',
  DEBIAN_FRONTEND: 'noninteractive',
  DEBCONF_NONINTERACTIVE_SEEN: 'true',
});
