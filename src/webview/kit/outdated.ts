import type { ModelChoice, PanelEvents, RunState } from '../../protocol/panel';

type Ready = Extract<RunState, { kind: 'ready' }>;

/** Whether a run would be another one by now. */
export const isOutdated = ({ stale, changed = [] }: Ready): boolean => stale || changed.length > 0;

/** How people know a model: its label, or the last part of its path; “No model” without a reference. */
export function modelName(reference: string, choices: readonly ModelChoice[]): string {
  const known = choices.find(choice => choice.reference === reference);
  const last = reference.split(/[\\/]/).findLast(part => part !== '');
  return known?.label ?? last ?? 'No model';
}

/** Says what is no longer as it was when a result was made; empty where all of it is. */
export function outdatedWords(run: Ready, { choices, current }: PanelEvents['models']): string {
  const words = {
    model: `This is the result of ${modelName(run.model ?? run.capture.model.path, choices)}. Now chosen: ${modelName(current, choices)}.`,
    maximumTokens: 'The setting now allows another number of tokens than in this run.',
    tokenizer: 'The tokenizer changed since this run.',
  };
  return [
    run.stale ? 'Text changed since this run.' : '',
    ...(run.changed ?? []).map(part => words[part]),
  ]
    .filter(Boolean)
    .join(' ');
}
