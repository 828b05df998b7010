import type { Change } from './change';
import type { Chat } from './chat';
import type { GivenFeeds } from './model';

/** What a run is made of: two runs with the same of it are the same. */
export interface RunSpec {
  /** Absolute path of a model folder or `.onnx` file. */
  readonly model: string;
  readonly text: string;
  /** The second text of a pair: a passage after a query, a hypothesis after a premise. */
  readonly pair?: string;
  /** The text is a document of messages, read as this says. */
  readonly chat?: Chat;
  /** What an encoder–decoder model is given as its own output so far; empty when absent. */
  readonly target?: string;
  /** Vocabulary entries that follow what the last stack reads: tokens of a generation. */
  readonly continuation?: readonly number[];
  /** What inputs beside the token ids are fed; their defaults when absent. */
  readonly feeds?: GivenFeeds;
  /** What is other than in the plain run. */
  readonly changes?: readonly Change[];
}

/** What the first stack of a model reads, before it is split into tokens. */
export type TextSpec = Pick<RunSpec, 'text' | 'pair' | 'chat'>;

/** A spec without what is empty: equal runs are written equally. */
export function runSpec(parts: {
  readonly [P in keyof RunSpec]: RunSpec[P] | undefined;
}): RunSpec {
  const { model = '', target, continuation = [], feeds = {}, changes = [] } = parts;
  return {
    model,
    ...textSpec(parts),
    ...(target === undefined ? {} : { target }),
    ...(continuation.length > 0 ? { continuation } : {}),
    ...(Object.keys(feeds).length > 0 ? { feeds } : {}),
    ...(changes.length > 0 ? { changes } : {}),
  };
}

/** What of a spec, or of a capture, is its text. */
export function textSpec({
  text = '',
  pair,
  chat,
}: {
  readonly [P in keyof TextSpec]: TextSpec[P] | undefined;
}): TextSpec {
  return {
    text,
    ...(pair === undefined ? {} : { pair }),
    ...(chat === undefined
      ? {}
      : {
          chat: {
            ...(chat.template === undefined ? {} : { template: chat.template }),
            ...(chat.prompt ? { prompt: true } : {}),
          },
        }),
  };
}

/** Whether two texts are the same and are read alike, whatever reads them. */
export const isSameText = (one: TextSpec, other: TextSpec): boolean =>
  one.text === other.text && JSON.stringify(textSpec(one)) === JSON.stringify(textSpec(other));

/** Tells the runs of one spec from those of another. */
export const runKey = (spec: RunSpec): string => JSON.stringify(runSpec(spec));
