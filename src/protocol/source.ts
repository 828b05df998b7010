import * as v from 'valibot';

/**
 * Steps of an attention that have a place in the model's Python source, in the order of computation.
 * `scores` is q · k, `headOutput` is weights · V, `output` is W_O.
 */
export const SOURCE_STAGES = [
  'query',
  'key',
  'value',
  'scores',
  'mask',
  'softmax',
  'headOutput',
  'output',
] as const;
export type SourceStage = (typeof SOURCE_STAGES)[number];

/** One line of the source and the steps that it stands for. */
export interface SourcePlace {
  /** As the exporter wrote it: a path on the machine that exported the model. Ends in `.py`. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** The line as it was when the model was exported; absent where the file does not tell. */
  readonly code?: string;
  readonly stages: readonly SourceStage[];
}

/** Where an attention is written, by the metadata of its graph's nodes: nothing of it is taken for granted. */
export interface SiteSource {
  /** Name of the module in the model: `model.layers.0.self_attn`. */
  readonly module?: string;
  /** Its class with the Python module: `transformers.models.llama.modeling_llama.LlamaAttention`. */
  readonly className?: string;
  /** In the order of their first steps; every step stands in one place at most. */
  readonly places: readonly SourcePlace[];
}

/**
 * How a line on this machine compares with the one that was exported: the `same` (or nothing tells),
 * `moved` to another line of its file, `changed`, or `missing`: the file is not there.
 */
export type SourceFit = 'same' | 'moved' | 'changed' | 'missing';

/** Longest path, name and line of code that are kept. */
export const MOST_PATH = 1024;
export const MOST_CODE = 200;
/** Longer files were not written by people. */
export const MOST_LINE = 1_000_000;

/**
 * Whether a path may be looked for: a Python file, neither on another machine (`\\host`, `//host`) nor
 * climbing (`..`), without control characters or marks that turn the direction of writing.
 */
export function isSourcePath(file: string): boolean {
  return (
    file.length <= MOST_PATH &&
    /[^\\/]\.py$/.test(file) &&
    !/^[\\/]{2}/.test(file) &&
    !/^[a-z][a-z\d+.-]+:/i.test(file) &&
    !file.split(/[\\/]/).includes('..') &&
    isPlainText(file)
  );
}

/** Nothing in it moves the cursor, hides itself or turns the direction of writing. */
export function isPlainText(text: string): boolean {
  return !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u.test(text);
}

const plain = (most: number) => v.pipe(v.string(), v.maxLength(most), v.check(isPlainText));
export const sourceStage = v.picklist(SOURCE_STAGES);

/** What a file may tell of the source of a site. */
export const siteSourceSchema = v.object({
  module: v.exactOptional(plain(MOST_PATH)),
  className: v.exactOptional(plain(MOST_PATH)),
  places: v.pipe(
    v.array(
      v.object({
        file: v.pipe(v.string(), v.check(isSourcePath)),
        line: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MOST_LINE)),
        code: v.exactOptional(plain(MOST_CODE)),
        stages: v.pipe(v.array(sourceStage), v.minLength(1), v.maxLength(SOURCE_STAGES.length)),
      }),
    ),
    v.minLength(1),
    v.maxLength(SOURCE_STAGES.length),
  ),
});

/** The place of a step; undefined where the model does not tell. */
export function placeOf(
  source: SiteSource | undefined,
  stage: SourceStage,
): SourcePlace | undefined {
  return source?.places.find(({ stages }) => stages.includes(stage));
}

/** `modeling_llama.py`. */
export function fileName({ file }: Pick<SourcePlace, 'file'>): string {
  return file.split(/[\\/]/).at(-1) ?? file;
}

/** `modeling_llama.py:268`. */
export function shortPlace(place: Pick<SourcePlace, 'file' | 'line'>): string {
  return `${fileName(place)}:${place.line}`;
}

/** `model.layers.0.self_attn: LlamaAttention`, as far as it is known. */
export function moduleName({ module, className }: SiteSource): string {
  return [module, className?.split('.').at(-1)].filter(Boolean).join(': ');
}
