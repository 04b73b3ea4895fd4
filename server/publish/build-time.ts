// Names of builds are times: `YYYYMMDD_HH:MM`, UTC. Pure.

import { type BuildName, timeOfBuild } from '../../image/index.ts';

/** The name of a build that begins at `date`. */
export function buildNameAt(date: Date): BuildName {
  const [day, time] = date.toISOString().split('T');
  return `${day?.replaceAll('-', '')}_${time?.slice(0, 5)}` as BuildName;
}

/** The first minute from `now` on that is later than every name. */
export function buildNameAfter(names: Iterable<string>, now: Date): BuildName {
  const times = [...names].flatMap((name) => timeOfBuild(name) ?? []);
  const next = times.reduce((latest, time) => Math.max(latest, time.getTime() + 60_000), now.getTime());
  return buildNameAt(new Date(next));
}
