import { toErrorReport, type ErrorReport } from '../protocol/errors';
import {
  ATTRIBUTION_USAGE,
  CONTINUE_USAGE,
  ORDER_USAGE,
  parseAttribution,
  parseContinuation,
  parseOrder,
  MASK_USAGE,
  parseMask,
  FEED_USAGE,
  parseFeeds,
  LENS_KINDS,
} from './cli/options';
import { readArguments, type Command } from './cli/arguments';
import { checkArguments } from './cli/checkArguments';
import { diffArguments } from './cli/diffArguments';
import { tryArguments } from './cli/tryArguments';
import { USAGE } from './cli/usage';

/** Characters of what the runtime says that a terminal gets. */
const LONGEST_DETAIL = 300;

/** Exit codes: 0 success, 1 bad input (one sentence on stderr), 2 bad usage. */
async function main(args: readonly string[]): Promise<number> {
  const [first, ...others] = args;
  const given = commandOf(first, others);
  if (given) {
    if ('wrong' in given) return misused(given.wrong);
    if ('run' in given) return exitCodeOf(async () => ((await given.run()) ? 1 : 0));
    return main(['--help']);
  }
  const parsed = readArguments({
    args: [...args],
    allowPositionals: true,
    options: {
      model: { type: 'string' },
      text: { type: 'string' },
      pair: { type: 'string' },
      chat: { type: 'string' },
      template: { type: 'string' },
      'generation-prompt': { type: 'boolean', default: false },
      target: { type: 'string' },
      inputs: { type: 'string' },
      feed: { type: 'string', multiple: true },
      mask: { type: 'string' },
      continue: { type: 'string' },
      order: { type: 'string' },
      'equal-positions': { type: 'boolean', default: false },
      interventions: { type: 'string' },
      break: { type: 'string' },
      attribution: { type: 'string' },
      dump: { type: 'string' },
      capture: { type: 'string' },
      jsonl: { type: 'string' },
      conllu: { type: 'string' },
      save: { type: 'string' },
      delete: { type: 'boolean', default: false },
      'maximum-tokens': { type: 'string' },
      json: { type: 'boolean', default: false },
      facts: { type: 'boolean', default: false },
      layers: { type: 'boolean', default: false },
      positions: { type: 'boolean', default: false },
      lens: { type: 'string' },
      yes: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if ('wrong' in parsed) return misused(parsed.wrong);
  const { values, positionals } = parsed;
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const [command, ...rest] = positionals;
  if (command === 'fetch') {
    const [name, ...others] = rest;
    if (name === undefined || others.length > 0)
      return misused('fetch takes the name of one model.');
    return runCommand(async () => {
      const { fetchCommand } = await import('./cli/fetchCommand');
      await fetchCommand(name, values.yes);
    });
  }
  if (values.yes) return misused('--yes goes with fetch.');
  if (rest.length > 0) return misused(`“${rest.join(' ')}” was not expected.`);
  if (values.facts && (!values.json || values.inputs !== undefined)) {
    return misused('--facts goes with --json, and with --text or --capture.');
  }
  if (values.layers && (!values.json || values.inputs !== undefined)) {
    return misused('--layers goes with --json, and with --text or --capture.');
  }
  if (values.positions && (!values.json || values.inputs !== undefined)) {
    return misused('--positions goes with --json, and with --text or --capture.');
  }
  const hasText = values.text !== undefined || values.chat !== undefined;
  const order = parseOrder(values.order, values['equal-positions']);
  if (order === 'wrong') return misused(`--order takes ${ORDER_USAGE}.`);
  if (order && !hasText) {
    return misused('--order and --equal-positions go with --text or --chat.');
  }
  const lens = LENS_KINDS.find(kind => kind === values.lens);
  if (values.lens !== undefined && (!lens || !values.layers)) {
    return misused('--lens takes logitLens or maskedLm, and goes with --layers.');
  }
  const attribution = parseAttribution(values.attribution ?? '');
  if (values.attribution !== undefined && (!attribution || !values.json || !hasText)) {
    return misused(
      `--attribution takes ${ATTRIBUTION_USAGE}, and goes with --json, and --text or --chat.`,
    );
  }
  const continuation = parseContinuation(values.continue ?? '');
  if (values.continue !== undefined && (!continuation || !hasText)) {
    return misused(`--continue takes ${CONTINUE_USAGE}, and goes with --text or --chat.`);
  }
  if (values.interventions !== undefined && !hasText) {
    return misused('--interventions goes with --text or --chat.');
  }
  const condition = values.break;
  if (condition !== undefined && !values.json) return misused('--break goes with --json.');
  if (condition !== undefined && values.inputs !== undefined) {
    return misused('--break goes with --text, --chat or --capture.');
  }
  if (command === 'inspect' && values.capture !== undefined) {
    if (values.model !== undefined || values.dump !== undefined) {
      return misused('--capture takes no model and writes no dump.');
    }
    return runCommand(async () => {
      const { captureCommand } = await import('./cli/inspectCommand');
      await captureCommand(values.capture ?? '', { ...values, lens, attribution, condition });
    });
  }
  if (command === 'weights') {
    return runCommand(async () => {
      const { weightsCommand } = await import('./cli/weightsCommand');
      await weightsCommand(values.delete);
    });
  }
  if (command === 'models') {
    return runCommand(async () => {
      const { modelsCommand } = await import('./cli/modelsCommand');
      await modelsCommand(values);
    });
  }
  if (!values.model) return misused('--model is missing.');
  const maximumTokens = Number(values['maximum-tokens'] ?? 4096);
  if (!Number.isInteger(maximumTokens) || maximumTokens < 1) {
    return misused('--maximum-tokens takes a whole number from 1.');
  }

  const { model } = values;
  switch (command) {
    case 'inspect': {
      const given = [values.text, values.chat, values.inputs].filter(one => one !== undefined);
      if (given.length !== 1) {
        return misused('inspect takes either --text, --chat or --inputs.');
      }
      if (values.pair !== undefined && values.text === undefined) {
        return misused('--pair goes with --text.');
      }
      const isPrompted = values['generation-prompt'];
      if ((values.template !== undefined || isPrompted) && values.chat === undefined) {
        return misused('--template and --generation-prompt go with --chat.');
      }
      if (values.target !== undefined && values.inputs !== undefined) {
        return misused('--target goes with --text or --chat.');
      }
      const mask = values.mask === undefined ? undefined : parseMask(values.mask);
      if (values.mask !== undefined && !mask) return misused(`--mask takes ${MASK_USAGE}.`);
      if (mask && values.inputs !== undefined) return misused('--mask goes with --text or --chat.');
      const feeds = parseFeeds(values.feed ?? []);
      if (!feeds) return misused(`--feed takes ${FEED_USAGE}.`);
      return runCommand(async () => {
        // Loaded late: splitting text needs no ONNX runtime.
        const { inspectCommand } = await import('./cli/inspectCommand');
        const { text, pair, chat, template, target, inputs } = values;
        const { dump, json, facts, layers, positions, interventions } = values;
        await inspectCommand(model, {
          text,
          pair,
          chat: chat === undefined ? undefined : { file: chat, template, isPrompted },
          target,
          mask,
          continuation,
          feeds,
          interventions,
          inputs,
          dump,
          json,
          facts,
          layers,
          positions,
          order,
          lens,
          attribution,
          condition,
          maximumTokens,
        });
      });
    }
    case 'tokenize': {
      const { jsonl } = values;
      if (jsonl === undefined) return misused('tokenize needs --jsonl.');
      return runCommand(async () => {
        const { tokenizeCommand } = await import('./cli/tokenizeCommand');
        await tokenizeCommand(model, jsonl);
      });
    }
    case 'probe':
      return runCommand(async () => {
        const { probeCommand } = await import('./cli/probeCommand');
        const { conllu, save, json } = values;
        await probeCommand(model, { conllu, save, json });
      });
    case 'syntax':
      return runCommand(async () => {
        const { syntaxCommand } = await import('./cli/syntaxCommand');
        await syntaxCommand(model, { conllu: values.conllu, json: values.json });
      });
    default:
      return misused(command === undefined ? 'No command.' : `There is no command “${command}”.`);
  }
}

/** A command with options of its own; undefined for the others. */
function commandOf(name: string | undefined, args: readonly string[]): Command | undefined {
  switch (name) {
    case 'patch':
    case 'sweep':
      return tryArguments(name, args);
    case 'check':
      return checkArguments(args);
    case 'diff':
      return diffArguments(args);
    default:
      return undefined;
  }
}

async function runCommand(command: () => Promise<void>): Promise<number> {
  return exitCodeOf(async () => {
    await command();
    return 0;
  });
}

/** @param command gives its exit code itself */
async function exitCodeOf(command: () => Promise<number>): Promise<number> {
  try {
    return await command();
  } catch (error) {
    process.stderr.write(`${explain(toErrorReport(error))}\n`);
    return 1;
  }
}

/** Sentences that send people to the log, which a terminal has not, are followed by what it would say first. */
function explain({ message, detail = '' }: ErrorReport): string {
  const [line = ''] = detail.split('\n');
  const first = line.length > LONGEST_DETAIL ? `${line.slice(0, LONGEST_DETAIL)}…` : line;
  return /\blog\b/.test(message) && first !== '' ? `${message}\n${first}` : message;
}

function misused(message: string): number {
  process.stderr.write(`${message}\n${USAGE}`);
  return 2;
}

// A reader such as `head` took what it wanted and left: that is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});
void main(process.argv.slice(2)).then(code => {
  process.exitCode = code;
});
