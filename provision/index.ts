export { type ActionImage, actionCommand, cleanEnvironment } from './action.ts';
export { provision } from './apply.ts';
export { changeRoot } from './change-root.ts';
export { hashKind } from './login/crypt-method.ts';
export { type Login, type PasswordChange, setLogin } from './login/login.ts';
export { publicKeyLines } from './login/public-keys.ts';
export type { Programs, RepositorySetting } from './package-tools/tool.ts';
export { Listener, type PackageManager } from './package-tools.ts';
export {
  findPackageManager,
  isNothing,
  type PackageChange,
  packageChange,
  packagePrograms,
} from './package-work.ts';
export { placeFiles } from './place-files.ts';
export type { CopySource, PlacedFile } from './placed-file.ts';
export { runShown, type ShownExit } from './run-shown.ts';
export type { RunUser, UserWords } from './run-user.ts';
export { StagedSources } from './staged-sources.ts';
export type { ProvisionStep } from './step.ts';
export { interpreterOf, parseFileWords, parsePackageWords } from './words.ts';
