import { flag, readArguments, string, type Command } from './arguments';
import { outputForm } from './outputForm';

export const DIFF_USAGE = `  diff <A> <B> [--text T] [--target T] [--tolerance N] [--json | --sarif]
      Compares two models, or captures of them, tensor by tensor on the same ids, and prints the
      first place where they part, the node and the usual cause; exits 1 where one is beyond the
      tolerance: a relative error, what rounding explains where absent (docs/divergence.md).
`;

/** Reads the arguments of `diff`. @param args after the command */
export function diffArguments(args: readonly string[]): Command {
  const parsed = readArguments({
    args: [...args],
    allowPositionals: true,
    options: {
      text: string,
      target: string,
      tolerance: string,
      json: flag,
      sarif: flag,
      help: flag,
    },
  });
  if ('wrong' in parsed) return parsed;
  const { values, positionals } = parsed;
  if (values.help) return { help: true };
  const [a, b, ...others] = positionals;
  if (a === undefined || b === undefined || others.length > 0) {
    return { wrong: 'diff takes two models or captures.' };
  }
  const tolerance = values.tolerance === undefined ? undefined : toleranceOf(values.tolerance);
  if (Number.isNaN(tolerance)) return { wrong: '--tolerance takes a number above 0.' };
  const form = outputForm(values);
  if (form === undefined) return { wrong: '--json and --sarif are two forms: give one of them.' };
  const { text, target } = values;
  return {
    run: async () => {
      // Loaded late: arguments need no ONNX runtime.
      const { diffCommand } = await import('./diffCommand');
      return diffCommand(a, b, { text, target, tolerance, form });
    },
  };
}

/** A number above 0; NaN where it is something else. */
function toleranceOf(given: string): number {
  const value = given.trim() === '' ? NaN : Number(given);
  return Number.isFinite(value) && value > 0 ? value : NaN;
}
