import type { Change } from './change';
import type { GivenFeeds } from './model';

/** What a run is made of: two runs with the same of it are the same. */
export interface RunSpec {
  /** Absolute path of a model folder or `.onnx` file. */
  readonly model: string;
  readonly text: string;
  /** What an encoder–decoder model is given as its own output so far; empty when absent. */
  readonly target?: string;
  /** Vocabulary entries that follow what the last stack reads: tokens of a generation. */
  readonly continuation?: readonly number[];
  /** What inputs beside the token ids are fed; their defaults when absent. */
  readonly feeds?: GivenFeeds;
  /** What is other than in the plain run. */
  readonly changes?: readonly Change[];
}

/** A spec without what is empty: equal runs are written equally. */
export function runSpec(parts: {
  readonly [P in keyof RunSpec]: RunSpec[P] | undefined;
}): RunSpec {
  const { model = '', text = '', target, continuation = [], feeds = {}, changes = [] } = parts;
  return {
    model,
    text,
    ...(target === undefined ? {} : { target }),
    ...(continuation.length > 0 ? { continuation } : {}),
    ...(Object.keys(feeds).length > 0 ? { feeds } : {}),
    ...(changes.length > 0 ? { changes } : {}),
  };
}

/** Tells the runs of one spec from those of another. */
export const runKey = (spec: RunSpec): string => JSON.stringify(runSpec(spec));
