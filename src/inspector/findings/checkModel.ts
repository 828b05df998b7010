import { toErrorReport } from '../../protocol/errors';
import type {
  CheckProgress,
  ModelFinding,
  ModelFindingCode,
  ModelFindings,
} from '../../protocol/findings';
import { ModelFile } from '../../protocol/modelFiles';
import type { Token } from '../../protocol/tokens';
import { openTokenizer } from '../huggingface/openTokenizer';
import type { InstrumentedModel } from '../model/instrumentedModel';
import { stackTokens } from '../run/modelInput';
import { readConfiguration } from '../source/configuration';
import { modelFolder } from '../source/source';
import { maskRules } from './maskRules';
import { numberRules } from './numberRules';
import { findingOf, type Detail, type Rule, type Subject } from './rule';
import { Runs } from './runs';
import { tokenizerRules } from './tokenizerRules';

/** What a model is checked with where no text is given. */
export const CHECKED_TEXT =
  'The old dog saw a bird near the river. She was happy and the sun was warm.';

/** Tokens of a text that the runs take. */
const MOST_TOKENS = 64;
/** Tokens of the target that a decoder beside an encoder reads. */
const MOST_TARGET = 9;

const RULES: readonly Rule[] = [...tokenizerRules, ...numberRules, ...maskRules];

/** What follows from a fault, and is not told again beside it. */
const FOLLOWS: Partial<Record<ModelFindingCode, readonly ModelFindingCode[]>> = {
  nan: [
    'overflow',
    'near-overflow',
    'non-deterministic',
    'uniform-head',
    'future-leak',
    'self-blocked',
  ],
  overflow: ['near-overflow', 'uniform-head', 'future-leak'],
  'non-deterministic': ['future-leak'],
  'self-blocked': ['future-leak'],
};

const RANK = { error: 0, warning: 1, note: 2 } as const;

/** What is told while a model is checked; may throw to end the check. */
export type CheckReporter = (progress: CheckProgress) => Promise<void>;

/**
 * Looks for what is known to go wrong in models and their tokenizers. Deterministic: what is random in a
 * graph is itself a finding.
 * @throws InspectorError where the model has no tokenizer
 */
export async function checkModel(
  model: InstrumentedModel,
  text: string,
  report: CheckReporter = async () => undefined,
): Promise<ModelFindings> {
  const started = performance.now();
  const folder = await modelFolder(model.card.path);
  const tokenizer = await openTokenizer(folder);
  const { tokens } = tokenizer.encode(text);
  const { maximumPositions = MOST_TOKENS } = model.card;
  const most = Math.min(MOST_TOKENS, maximumPositions);
  const read = tokenizer.encode(text, { maximumTokens: most }).tokens;
  const target = model.card.stacks.length > 1 ? text : '';
  const subject: Subject = {
    model,
    tokenizer,
    config: await readConfiguration(folder, ModelFile.configuration),
    settings: await readConfiguration(folder, ModelFile.tokenizerSettings),
    tokens,
    runs: new Runs(
      model,
      await stackTokens(
        model,
        tokenizer,
        withoutStrangers(read, model),
        target,
        Math.min(MOST_TARGET, most),
      ),
    ),
  };
  const findings: ModelFinding[] = [];
  const passed: ModelFindingCode[] = [];
  const undecided: { code: ModelFindingCode; reason: string }[] = [];
  for (const [decided, rule] of RULES.entries()) {
    const { code } = rule;
    await report({ decided, rules: RULES.length, runs: subject.runs.count });
    const said = await saidBy(rule, subject);
    if (typeof said === 'string') undecided.push({ code, reason: said });
    else if (said.length === 0) passed.push(code);
    else findings.push(...said.map(detail => findingOf(rule, detail)));
  }
  const silent = new Set(findings.flatMap(({ code }) => FOLLOWS[code] ?? []));
  return {
    findings: findings
      .filter(({ code }) => !silent.has(code))
      .sort((a, b) => RANK[a.severity] - RANK[b.severity]),
    passed: passed.filter(code => !silent.has(code)),
    undecided: [
      ...undecided.filter(({ code }) => !silent.has(code)),
      ...[...silent].map(code => ({
        code,
        reason: 'Another finding makes its measure say nothing.',
      })),
    ],
    runs: subject.runs.count,
    milliseconds: Math.round(performance.now() - started),
  };
}

/** Ids that the model has no row for would keep it from running at all: the finding tells of them. */
function withoutStrangers(tokens: readonly Token[], { card }: InstrumentedModel): readonly Token[] {
  return card.vocabulary === 0 ? tokens : tokens.filter(({ id }) => id < card.vocabulary);
}

/** What a rule found, or why it cannot tell. */
async function saidBy(rule: Rule, subject: Subject): Promise<readonly Detail[] | string> {
  try {
    return await rule.check(subject);
  } catch (error) {
    return toErrorReport(error).message;
  }
}
