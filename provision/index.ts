export { type ActionImage, actionCommand, cleanEnvironment } from './action.ts';
export { hashKind } from './login/crypt-method.ts';
export { type Login, type PasswordChange, setLogin } from './login/login.ts';
export { publicKeyLines } from './login/public-keys.ts';
export { placeFiles } from './place-files.ts';
export type { PlacedFile } from './placed-file.ts';
export type { RunUser, UserWords } from './run-user.ts';
