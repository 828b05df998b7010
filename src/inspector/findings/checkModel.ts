import { toErrorReport } from '../../protocol/errors';
import type {
  CheckProgress,
  ModelFinding,
  ModelFindingCode,
  ModelFindings,
} from '../../protocol/findings';
import { ModelFile } from '../../protocol/modelFiles';
import { openTokenizer } from '../huggingface/openTokenizer';
import type { InstrumentedModel } from '../model/instrumentedModel';
import { readConfiguration } from '../source/configuration';
import { modelFolder } from '../source/source';
import type { AlignedTokenizer } from '../tokenizer/types';
import { checkedTokens, type CheckedText } from './checkedTokens';
import { batchRules } from './batchRules';
import { consequences } from './follows';
import { leftPaddingRules } from './leftPaddingRules';
import { maskRules } from './maskRules';
import { numberRules } from './numberRules';
import { PaddedRuns } from './paddedRuns';
import { paddingRules } from './paddingRules';
import { pastRules } from './pastRules';
import { findingOf, type Detail, type Rule, type Subject } from './rule';
import { referenceRules } from './referenceRules';
import { Runs } from './runs';
import { headRules } from './headRules';
import { outputRules } from './outputRules';
import { positionRules } from './positionRules';
import { scoreRules } from './scoreRules';
import { textRules } from './textRules';
import { tokenizerRules } from './tokenizerRules';

/** What a model is checked with where no text is given. */
export const CHECKED_TEXT =
  'The old dog saw a bird near the river. She was happy and the sun was warm.';

const RULES: readonly Rule[] = [
  ...tokenizerRules,
  ...textRules,
  ...positionRules,
  ...numberRules,
  ...scoreRules,
  ...maskRules,
  ...paddingRules,
  ...leftPaddingRules,
  ...batchRules,
  ...pastRules,
  ...headRules,
  ...outputRules,
  ...referenceRules,
];

const RANK = { error: 0, warning: 1, note: 2 } as const;

/** What is told while a model is checked; may throw to end the check. */
export type CheckReporter = (progress: CheckProgress) => Promise<void>;

/** What a check goes by beside the model and its text. */
export interface CheckOptions {
  readonly report?: CheckReporter;
  /** The one that people chose; the model's own when absent. */
  readonly tokenizer?: AlignedTokenizer;
  /** The model that it was made from: what it lost is decided beside it alone. */
  readonly reference?: InstrumentedModel | undefined;
}

/**
 * Looks for what is known to go wrong in models and their tokenizers. Deterministic: what is random in a
 * graph is itself a finding.
 * @throws InspectorError where the model has no tokenizer, or the check is ended
 */
export async function checkModel(
  model: InstrumentedModel,
  text: CheckedText,
  { report = async () => undefined, ...given }: CheckOptions = {},
): Promise<ModelFindings> {
  const started = performance.now();
  const folder = await modelFolder(model.card.path);
  const tokenizer = given.tokenizer ?? (await openTokenizer(folder));
  const { whole: tokens, stacks } = await checkedTokens(model, tokenizer, text);
  const runs = new Runs(model, stacks);
  const subject: Subject = {
    model,
    tokenizer,
    reference: given.reference,
    config: await readConfiguration(folder, ModelFile.configuration),
    settings: await readConfiguration(folder, ModelFile.tokenizerSettings),
    text: text.text,
    tokens,
    runs,
    padded: await PaddedRuns.of(runs, model, tokenizer),
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
    else {
      const found = said.map(detail => findingOf(rule, detail));
      findings.push(...found);
      for (const finding of found) {
        await report({
          decided: decided + 1,
          rules: RULES.length,
          runs: subject.runs.count,
          finding,
        });
      }
    }
  }
  const silent = consequences(findings);
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

/** What a rule found, or why it cannot tell. */
async function saidBy(rule: Rule, subject: Subject): Promise<readonly Detail[] | string> {
  try {
    return await rule.check(subject);
  } catch (error) {
    const { code, message } = toErrorReport(error);
    if (code === 'cancelled') throw error;
    return message;
  }
}
