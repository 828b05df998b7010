import { resolve } from 'node:path';
import { findingName, type ModelFinding, type ModelFindings } from '../../protocol/findings';
import { CHECKED_TEXT, checkModel } from '../findings/checkModel';
import type { InstrumentedModel } from '../model/instrumentedModel';
import { openModel } from '../model/openModel';
import { modelFile } from './modelFile';
import { printedJson, type OutputForm } from './outputForm';
import { sarifLog, type SarifResult } from './sarif';

/** From which severity on a check fails. */
export type FailOn = 'error' | 'warning';

export interface CheckOptions {
  readonly text: string | undefined;
  /** The model that it was made from. */
  readonly reference: string | undefined;
  readonly form: OutputForm;
  readonly failOn: FailOn;
}

/** Prints what is wrong with a model. @returns whether it fails */
export async function checkCommand(path: string, options: CheckOptions): Promise<boolean> {
  const { text = CHECKED_TEXT, form, failOn } = options;
  const model = await openModel(resolve(path));
  const reference =
    options.reference === undefined ? undefined : await openModel(resolve(options.reference));
  try {
    const found = await checkModel(model, { text }, { reference });
    process.stdout.write(await printed(found, model, form));
    return found.findings.some(({ severity }) => severity === 'error' || severity === failOn);
  } finally {
    await reference?.dispose();
    await model.dispose();
  }
}

async function printed(
  found: ModelFindings,
  model: InstrumentedModel,
  form: OutputForm,
): Promise<string> {
  if (form === 'text') return textOf(found);
  if (form === 'json') return printedJson(found);
  return printedJson(
    sarifLog(await Promise.all(found.findings.map(finding => resultOf(finding, model)))),
  );
}

async function resultOf(finding: ModelFinding, model: InstrumentedModel): Promise<SarifResult> {
  const { code, severity, sentence, cause, remedy, decision, file, node } = finding;
  const description = `${decision.measured}; limit: ${decision.limit}. Usual cause: ${cause}`;
  return {
    rule: { id: code, description, help: remedy },
    level: severity,
    message: sentence,
    file: await modelFile(model, file),
    ...(node ? { inside: node.name } : {}),
    fingerprint: findingName(finding),
  };
}

/** The findings for people, one paragraph each. */
function textOf({ findings, passed, undecided }: ModelFindings): string {
  return [
    ...findings.flatMap(paragraphOf),
    `Checked, and nothing was found: ${passed.join(', ')}.`,
    ...undecided.map(({ code, reason }) => `Not decided: ${code}. ${reason}`),
    '',
  ].join('\n');
}

function paragraphOf({ code, severity, sentence, cause, remedy }: ModelFinding): string[] {
  return [
    `${severity}: ${code}. ${sentence}`,
    `  Usual cause: ${cause}`,
    `  What to do: ${remedy}`,
    '',
  ];
}
