import { flag, readArguments, string, type Command } from './arguments';

export const TRY_USAGE = `  patch --model <folder|file> --clean A --corrupt B [--answer X [--other Y]] [--at TOKEN]
        [--target T [--corrupt-target T]] [--direction intoB|intoA] [--stack encoder|decoder] [--cross]
        [--json] [--dump maps.safetensors]
      Puts each state of the run of A into the run of B, one at a time, and prints the share of their
      difference that it brings back: by layer and token, and by layer and head. Measured is the logit
      of X minus that of Y, the probability of X without Y, or KL, at the mask or the last token.
      A and B must have equally many tokens. X and Y are texts of one token (“ were”), or #id.
  sweep --model <folder|file> --text T --kind heads|edges|tokens [--how zero|mean] [--query TOKEN]
        [--layer N] [--target T] [--answer X [--other Y]] [--at TOKEN] [--stack encoder|decoder]
        [--cross] [--json]
      Takes one thing away at a time and prints what the measure becomes less what it was: each head
      (beside random vectors as long), each edge of a query, each token.
`;

type Named = 'model' | 'answer' | 'other' | 'at' | 'target' | 'stack' | 'maximum-tokens';
type Own = 'clean' | 'corrupt' | 'corrupt-target' | 'direction' | 'dump';
type Swept = 'text' | 'kind' | 'how' | 'query' | 'layer';
type Given = Readonly<Partial<Record<Named | Own | Swept, string>>> &
  Readonly<Record<'cross' | 'json' | 'help', boolean>>;

/** Reads the arguments of `patch` and `sweep`. @param args after the command */
export function tryArguments(command: 'patch' | 'sweep', args: readonly string[]): Command {
  const common = {
    model: string,
    answer: string,
    other: string,
    at: string,
    target: string,
    stack: string,
    cross: flag,
    'maximum-tokens': string,
    json: flag,
    help: flag,
  };
  const patch = {
    clean: string,
    corrupt: string,
    'corrupt-target': string,
    direction: string,
    dump: string,
  };
  const sweep = { text: string, kind: string, how: string, query: string, layer: string };
  const options = { ...common, ...(command === 'patch' ? patch : sweep) };
  const parsed = readArguments({ args: [...args], options });
  if ('wrong' in parsed) return parsed;
  const values = parsed.values as Given;
  if (values.help) return { help: true };
  const { model, answer, other, target, json, cross: isCross } = values;
  if (model === undefined) return { wrong: '--model is missing.' };
  if (other !== undefined && answer === undefined) return { wrong: '--other goes with --answer.' };
  const stack = oneOf(values.stack, ['encoder', 'decoder']);
  if (stack === 'wrong') return { wrong: '--stack takes encoder or decoder.' };
  const numbers = [values.at, values.query, values.layer, values['maximum-tokens']].map(whole);
  const [at, query, layer, most = 4096] = numbers;
  if (numbers.some(Number.isNaN) || most < 1) {
    return { wrong: '--at, --query, --layer and --maximum-tokens take whole numbers.' };
  }
  const shared = { answer, other, at, target, stack, isCross, json, maximumTokens: most };
  if (command === 'patch') {
    const { clean, corrupt, dump } = values;
    if (clean === undefined || corrupt === undefined) {
      return { wrong: 'patch needs --clean and --corrupt.' };
    }
    const direction = oneOf(values.direction, ['intoB', 'intoA']) ?? 'intoB';
    if (direction === 'wrong') return { wrong: '--direction takes intoB or intoA.' };
    const corruptTarget = values['corrupt-target'];
    const patched = { ...shared, clean, corrupt, corruptTarget, direction, dump };
    const run = async () => {
      // Loaded late: arguments need no ONNX runtime.
      const { patchCommand } = await import('./patchCommand');
      await patchCommand(model, patched);
      return false;
    };
    return { run };
  }
  const { text } = values;
  if (text === undefined) return { wrong: 'sweep needs --text.' };
  const kind = oneOf(values.kind, ['heads', 'edges', 'tokens']);
  if (kind === undefined || kind === 'wrong')
    return { wrong: '--kind takes heads, edges or tokens.' };
  const how = oneOf(values.how, ['zero', 'mean']) ?? 'zero';
  if (how === 'wrong') return { wrong: '--how takes zero or mean.' };
  const swept = { ...shared, text, kind, how, query, layer };
  const run = async () => {
    const { sweepCommand } = await import('./sweepCommand');
    await sweepCommand(model, swept);
    return false;
  };
  return { run };
}

function oneOf<T extends string>(
  given: string | undefined,
  names: readonly T[],
): T | 'wrong' | undefined {
  return given === undefined ? undefined : (names.find(name => name === given) ?? 'wrong');
}

/** A whole number; NaN where an option is something else. */
function whole(option: string | undefined): number | undefined {
  if (option === undefined) return undefined;
  return /^\d{1,8}$/.test(option) ? Number(option) : NaN;
}
