// The worker side of the gate: opens the root it is told and judges it. Started by run.ts only.

import { serveWorker } from '../native/worker-main.ts';
import { openRootView } from './disk-view.ts';
import { checkRoot, type RootReport } from './rules.ts';
import type { GateRequest } from './run.ts';

serveWorker<GateRequest, RootReport>(({ root, context }) => checkRoot(openRootView(root), context));
