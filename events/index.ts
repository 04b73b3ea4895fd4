export type { Event, Reporter } from './event.ts';
export { plainText } from './plain-text.ts';
export { createSlots, type Slots } from './slots.ts';
export { createStages, type StageReport, type Stages, type StageTime } from './stage.ts';
