import { resolve } from 'node:path';
import type {
  ComparedCell,
  ErrorStep,
  FirstDivergence,
  FirstPlace,
  ProbeDivergence,
} from '../../protocol/firstDivergence';
import { compareSources, openSource, tokensFor, type Source } from '../divergence/sources';
import { CHECKED_TEXT } from '../findings/checkModel';
import { ModelStore } from '../store/modelStore';
import { modelFile } from './modelFile';
import { printedJson, type OutputForm } from './outputForm';
import { sarifLog } from './sarif';
import { table } from './textTable';

export interface DiffOptions {
  readonly text: string | undefined;
  readonly target: string | undefined;
  /** A relative error; what rounding explains where absent. */
  readonly tolerance: number | undefined;
  readonly form: OutputForm;
}

/** Prints where two models part first. @returns whether they part beyond the tolerance */
export async function diffCommand(
  pathA: string,
  pathB: string,
  options: DiffOptions,
): Promise<boolean> {
  const { text = CHECKED_TEXT, form, tolerance } = options;
  const store = new ModelStore();
  const a = await openSource(resolve(pathA), store);
  const b = await openSource(resolve(pathB), store);
  const hasTarget = a.side.card.stacks.length > 1;
  const { tokens, notes } = await tokensFor(a, b, text, options.target ?? (hasTarget ? text : ''));
  const found = await compareSources(a, b, tokens, notes, {
    tolerance,
    heed: () => Promise.resolve(),
    report: () => undefined,
  });
  const told = toldOf(found);
  const [nameA, nameB] = [a.side.card.name, b.side.card.name];
  const names = nameA === nameB ? ([pathA, pathB] as const) : ([nameA, nameB] as const);
  process.stdout.write(
    form === 'json'
      ? printedJson(reportOf(found, told))
      : form === 'sarif'
        ? printedJson(await sarifOf(found, told, names, resolve(pathB), b))
        : textOf(found, told, names),
  );
  return told.first !== null;
}

function toldOf({ probes, told }: FirstDivergence): ProbeDivergence {
  const found = probes.find(({ probe }) => probe === told);
  if (!found) throw new Error('The probe that is told of is missing.');
  return found;
}

/** Mean KL in nats over the tokens of the text. */
function meanKl({ kl, padding }: ProbeDivergence): number {
  const count = kl.length - (padding?.count ?? 0);
  return count > 0 ? kl.reduce((sum, one) => sum + one, 0) / count : 0;
}

function reportOf({ probes, ...found }: FirstDivergence, told: ProbeDivergence) {
  const { first, cells, flips, largestSteps, tokens } = told;
  const firstOf = (place: FirstPlace | null) => place && { ...place, node: place.node?.name };
  return {
    first: firstOf(first),
    cells,
    kl: meanKl(told),
    flips,
    tokens,
    largestSteps,
    ...found,
    probes: probes.map(one => ({
      probe: one.probe,
      tokens: one.tokens.length,
      first: firstOf(one.first),
      kl: meanKl(one),
      flips: one.flips,
    })),
  };
}

async function sarifOf(
  { floor, precision }: FirstDivergence,
  told: ProbeDivergence,
  names: readonly [string, string],
  path: string,
  { side: { model } }: Source,
): Promise<object> {
  const { first } = told;
  if (!first) return sarifLog([]);
  const rule = {
    id: 'first-divergence',
    description: `Two models part where the relative error of a tensor is beyond ${scientific(floor)} (${precision}) and more than its inputs explain.`,
    help: 'Look at the place, and at the node where both graphs name it: what comes before it agrees.',
  };
  const { stack, attention, layer, kind, cause, node } = first;
  return sarifLog([
    {
      rule,
      level: 'error',
      message: `${sentenceOf(first, names)} ${cause}`,
      file: model ? await modelFile(model) : path,
      inside: node?.name ?? placeName(first),
      fingerprint: ['first-divergence', stack, attention, layer, kind].join(' '),
    },
  ]);
}

function textOf(
  { floor, precision, probes, missing }: FirstDivergence,
  told: ProbeDivergence,
  names: readonly [string, string],
): string {
  const { first, largestSteps } = told;
  const where = first
    ? [
        sentenceOf(first, names),
        ...(first.node ? [`  Node: ${first.node.operator} ${first.node.name}`] : []),
        `  Usual cause: ${first.cause}`,
      ]
    : [
        `${names[1]} parts from ${names[0]} nowhere beyond rounding (${scientific(floor)}, ${precision}).`,
        ...(largestSteps.length > 0 ? ['  Largest steps:'] : []),
        ...largestSteps.map(step => `    ${stepOf(step)}`),
      ];
  const each = probes.map(one => {
    const place = one.first ? `parts first at ${placeName(one.first)}` : 'nothing beyond rounding';
    const outputs =
      one.kl.length > 0
        ? `, mean KL ${scientific(meanKl(one))} nats, ${one.flips} of ${one.kl.length - (one.padding?.count ?? 0)} tokens flip`
        : '';
    return `  ${one.probe} (${one.tokens.length} tokens): ${place}${outputs}`;
  });
  return [...where, '', ...each, '', ...errorTables(told), ...missing, ''].join('\n');
}

function sentenceOf(first: FirstPlace, [a, b]: readonly [string, string]): string {
  return `${b} parts from ${a} first at ${placeName(first)}: relative error ${scientific(first.error)}, that of what goes in ${scientific(first.ofInputs)}.`;
}

function stepOf(step: ErrorStep): string {
  return `${placeName(step)}: ${scientific(step.ofInputs)} → ${scientific(step.error)}`;
}

const PART_NAMES: Readonly<Record<ComparedCell['kind'], string>> = {
  residual: 'residual stream',
  query: 'query',
  key: 'key',
  value: 'value',
  maskedScores: 'masked scores',
  weights: 'weights',
  headOutput: 'head output',
  attentionOutput: 'attention output',
  afterAttention: 'stream after attention',
  feedForward: 'feed-forward output',
  logits: 'logits',
};

/** “decoder L2 weights”, “encoder embeddings”. */
function placeName({ stack, attention, layer, kind }: ComparedCell): string {
  if (kind === 'logits') return 'logits';
  if (layer === 'embeddings') return `${stack} embeddings`;
  if (layer === 'output') return `${stack} ${PART_NAMES[kind]} after the last layer`;
  return `${stack} L${layer} ${attention === 'cross' ? 'cross-attention ' : ''}${PART_NAMES[kind]}`;
}

/** The errors of each stack and kind of attention, a row for each layer. */
function errorTables({ cells }: ProbeDivergence): string[] {
  const nameOf = ({ stack, attention }: ComparedCell) => `${stack} ${attention}-attention`;
  return [...new Set(cells.map(nameOf))].flatMap(name => {
    const own = cells.filter(one => nameOf(one) === name);
    const kinds = [...new Set(own.map(({ kind }) => kind))];
    const layers = [...new Set(own.map(({ layer }) => layer))];
    const cell = (layer: ComparedCell['layer'], kind: ComparedCell['kind']) => {
      const found = own.find(one => one.layer === layer && one.kind === kind);
      return found ? scientific(found.error) : '';
    };
    const head = ['', ...kinds.map(kind => PART_NAMES[kind])];
    const rows = layers.map(layer => [
      typeof layer === 'number' ? `L${layer}` : layer,
      ...kinds.map(kind => cell(layer, kind)),
    ]);
    return [`Relative errors, ${name}`, ...table([head, ...rows]), ''];
  });
}

function scientific(value: number): string {
  return value === 0 ? '0' : value === Infinity ? '∞' : value.toExponential(1);
}
