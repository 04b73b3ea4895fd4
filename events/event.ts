// What a long run tells while it goes on. One form for the terminal, --json, events.ndjson and later the web.

/** One event. Times are milliseconds since 1970; `seconds` are wall time, `cpuSeconds` include finished children. */
export type Event =
  /** The first and the last event of one image; everything between them belongs to it. */
  | { readonly type: 'build-start'; readonly time: number; readonly image: string; readonly build: string }
  | {
      readonly type: 'build-end';
      readonly time: number;
      readonly image: string;
      readonly seconds: number;
      readonly ok: boolean;
    }
  | { readonly type: 'stage-start'; readonly time: number; readonly stage: string }
  | {
      readonly type: 'stage-end';
      readonly time: number;
      readonly stage: string;
      readonly seconds: number;
      readonly cpuSeconds: number;
      readonly ok: boolean;
    }
  | {
      readonly type: 'progress';
      readonly time: number;
      readonly stage: string;
      readonly done: number;
      /** 0 when it is not known. */
      readonly total: number;
      readonly unit: 'bytes' | 'items';
    }
  /** A line of output of a program that runs inside (a maintainer script, dpkg). */
  | { readonly type: 'output'; readonly time: number; readonly stage: string; readonly line: string }
  /** Something the user should read although nothing failed. */
  | { readonly type: 'notice'; readonly time: number; readonly stage: string; readonly message: string };

/** Receives events in order; must not throw. */
export type Reporter = (event: Event) => void;
