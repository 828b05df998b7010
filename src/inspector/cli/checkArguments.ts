import { flag, readArguments, string, type Command } from './arguments';
import { outputForm } from './outputForm';

export const CHECK_USAGE = `  check --model <folder|file> [--text T] [--reference <folder|file>] [--json | --sarif]
        [--fail-on error|warning]
      Looks for what is known to go wrong in a model and its tokenizer, and prints what it found,
      what it checked and what it cannot tell; exits 1 where there is an error, or a warning with
      --fail-on warning (docs/findings.md). --reference names the model that it was made from, for
      what rounding its weights did; --sarif prints what code scanning reads.
`;

/** Reads the arguments of `check`. @param args after the command */
export function checkArguments(args: readonly string[]): Command {
  const parsed = readArguments({
    args: [...args],
    options: {
      model: string,
      text: string,
      reference: string,
      'fail-on': string,
      json: flag,
      sarif: flag,
      help: flag,
    },
  });
  if ('wrong' in parsed) return parsed;
  const { values } = parsed;
  if (values.help) return { help: true };
  const { model, text, reference } = values;
  if (model === undefined) return { wrong: '--model is missing.' };
  const failOn = values['fail-on'] ?? 'error';
  if (failOn !== 'error' && failOn !== 'warning') {
    return { wrong: '--fail-on takes error or warning.' };
  }
  const form = outputForm(values);
  if (form === undefined) return { wrong: '--json and --sarif are two forms: give one of them.' };
  return {
    run: async () => {
      // Loaded late: arguments need no ONNX runtime.
      const { checkCommand } = await import('./checkCommand');
      return checkCommand(model, { text, reference, form, failOn });
    },
  };
}
