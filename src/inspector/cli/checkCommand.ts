import { resolve } from 'node:path';
import type { ModelFinding, ModelFindings } from '../../protocol/findings';
import { CHECKED_TEXT, checkModel } from '../findings/checkModel';
import { openModel } from '../model/openModel';

/** From which severity on a check fails. */
export type FailOn = 'error' | 'warning';

export interface CheckOptions {
  readonly text: string | undefined;
  readonly json: boolean;
  readonly failOn: FailOn;
}

/** Prints what is wrong with a model. @returns whether it fails */
export async function checkCommand(path: string, options: CheckOptions): Promise<boolean> {
  const model = await openModel(resolve(path));
  try {
    const found = await checkModel(model, { text: options.text ?? CHECKED_TEXT });
    process.stdout.write(options.json ? `${JSON.stringify(found, null, 2)}\n` : textOf(found));
    return found.findings.some(
      ({ severity }) => severity === 'error' || severity === options.failOn,
    );
  } finally {
    await model.dispose();
  }
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
