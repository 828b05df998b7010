import {
  isPlainText,
  isSourcePath,
  MOST_CODE,
  MOST_LINE,
  type SourcePlace,
} from '../../../protocol/source';

/** One call of a Python stack trace. */
export type Frame = Omit<SourcePlace, 'stages'>;

/** Calls that are looked at, from the innermost on. */
const MOST_FRAMES = 256;
const FRAME = /^\s*File "(?<file>[^"\n]*)", line (?<line>\d{1,9})(?:, in .*)?$/;

/**
 * Reads a trace as Python's `traceback` prints it, outermost call first: `File "…", line 3, in forward` and,
 * where Python had it, the line itself. Calls of code without a file (`<eval_with_key>.1`) and paths that
 * are no Python files of a disk are left out.
 */
export function framesOf(trace: string): Frame[] {
  const lines = trace.split('\n').slice(-2 * MOST_FRAMES);
  return lines.flatMap((text, i) => {
    const { file = '', line = '' } = FRAME.exec(text)?.groups ?? {};
    const number = Number(line);
    if (!isSourcePath(file) || number < 1 || number > MOST_LINE) return [];
    const code = lines[i + 1]?.trim() ?? '';
    const isCode = code !== '' && code.length <= MOST_CODE && isPlainText(code);
    return [{ file, line: number, ...(isCode && !FRAME.test(code) ? { code } : {}) }];
  });
}

/** Where torch lies: what is written there is called by the model, and not the model. */
const TORCH = /(?:^|[\\/])torch[\\/](?:_|export|functional|fx|nn|ops|utils)/;

/**
 * The call of a trace that belongs to the attention: the innermost one in the file of its class; where
 * no call is, the innermost one outside torch.
 * @param className class of the attention's module, with its Python module
 */
export function frameOf(frames: readonly Frame[], className = ''): Frame | undefined {
  const module = className.split('.').slice(0, -1);
  const suffix = `/${module.join('/')}.py`;
  const inModule = ({ file }: Frame): boolean =>
    module.length > 0 && `/${file.replaceAll('\\', '/')}`.endsWith(suffix);
  return (
    frames.findLast(inModule) ?? frames.findLast(({ file }) => !TORCH.test(file)) ?? frames.at(-1)
  );
}

/** Most names in a list that is read. */
const MOST_NAMES = 64;

/**
 * Reads a list of strings as Python prints it: `['', 'model', 'model.layers.0']`; empty where it is none.
 * Names with quotation marks or escapes are those of no module.
 */
export function listOf(text: string): string[] {
  if (!text.startsWith('[') || !text.endsWith(']')) return [];
  const names = text.slice(1, -1).split(', ');
  if (names.length > MOST_NAMES) return [];
  const read = names.map(name => /^'(?<name>[^'"\\]*)'$/.exec(name)?.groups?.['name']);
  return read.every(name => name !== undefined) ? read : [];
}
