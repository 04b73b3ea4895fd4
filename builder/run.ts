// What a run of the builder is asked for, what its steps share, and what it gives.

import type { Reporter, Stages, StageTime } from '../events/index.ts';
import type { Transport } from '../fetch/index.ts';
import type { Baseline } from '../gate/index.ts';
import type { BuildName, Lock, Manifest } from '../image/index.ts';
import type { Sha256 } from '../keys/index.ts';
import type { IdMap } from '../native/index.ts';
import type { ResolvedImage } from '../variants/index.ts';
import type { Allowances } from './allowances.ts';
import type { DebugShell } from './buildroot/debug-shell.ts';
import type { LayerMode } from './buildroot/layer-roots.ts';
import type { GateSettings } from './gate-settings.ts';
import type { Keeper } from './kept.ts';
import type { BuildLog } from './log.ts';
import type { GatedRoot } from './product.ts';
import type { RootPlace } from './root-place.ts';
import type { FindLogin, FindTools, HoldContainer } from './source/index.ts';
import type { Workspace } from './workspace.ts';

/** One image that is asked for. */
export interface ImageRequest {
  readonly image: ResolvedImage;
  readonly build: BuildName;
  /** With which the gate compares what the image gives rights by; none for a first build. */
  readonly baseline?: Baseline;
}

/** What a run is made from. */
export interface RunRequest {
  /** Images of one distribution, release and architecture: they share the archive and the layers. */
  readonly images: readonly ImageRequest[];
  /** Where workspaces and logs are. */
  readonly buildsDir: string;
  /** `<home>/cache`: package lists and packages. */
  readonly cacheDir: string;
  /** `<home>/trust/archives`: what an archive must not fall behind; without it nothing is remembered. */
  readonly seenDir?: string;
  readonly transport: Transport;
  readonly mirrors: { readonly main?: string; readonly security?: string };
  readonly holdContainer: HoldContainer;
  readonly findTools: FindTools;
  readonly findLogin: FindLogin;
  /** Everything that goes in, instead of what the archive has today; for one image only. */
  readonly lock?: Lock;
  /** SOURCE_DATE_EPOCH, when the user set it: seconds since 1970. */
  readonly epoch?: number;
  /** What the definition may have of this machine. */
  readonly allowances: Allowances;
  readonly layers: LayerMode;
  readonly builderVersion: string;
  readonly now: Date;
  readonly report: Reporter;
  readonly signal: AbortSignal;
  /** Opens a shell where the build fails. */
  readonly debug?: DebugShell;
  /** The workspace stays, also that of a failed build; told where it is. */
  readonly keep?: (folder: string) => void;
}

/** A run that makes builds. */
export interface BuildRequest extends RunRequest {
  /** What is kept lies on disk whatever this says. */
  readonly roots: RootPlace;
  readonly gate: GateSettings;
  /** The build that these inputs have given already, when it need not be built again. */
  readonly reuse: (image: ResolvedImage, inputs: Sha256) => Promise<FinishedBuild | undefined>;
  /** What becomes of the complete build: `folder` goes away afterwards. Returns where it is now. */
  readonly deliver: (image: ResolvedImage, manifest: Manifest, folder: string, stages: Stages) => Promise<string>;
}

/** A run that makes one root without archives. Its `buildsDir` has to be on the file system that the root is to stay on. */
export interface RootRequest extends RunRequest {
  /** What becomes of the finished root: what is still in its place afterwards goes away. */
  readonly deliver: (root: GatedRoot) => Promise<void> | void;
}

/** A build that is there: its manifest and where it lies. */
export interface FinishedBuild {
  readonly directory: string;
  readonly manifest: Manifest;
}

/** One image of a run. `stages` are those since the image before it. */
export interface BuiltImage extends FinishedBuild {
  readonly image: ResolvedImage;
  readonly status: 'built' | 'unchanged';
  /** Segments whose blocks were there already; all of them when nothing was built. */
  readonly reused: number;
  readonly stages: readonly StageTime[];
}

/** What the steps of a run share. */
export interface Run {
  readonly request: RunRequest;
  readonly idMap: IdMap;
  readonly workspace: Workspace;
  readonly log: BuildLog;
  readonly stages: Stages;
  readonly keeper: Keeper | undefined;
}
