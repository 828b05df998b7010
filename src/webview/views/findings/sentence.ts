import type { FindingsState, ModelFinding } from '../../../protocol/findings';
import { countParts, countsOf, effortWords, foundIn, isPinned } from '../../app/findings';
import type { Phrase } from '../../app/sentence';
import type { State } from '../../app/state';
import { counted } from '../../reading/format';
import { CODES } from './codes';

/** Faults that are named; the others are counted. */
const NAMED = 2;

/** `a`, `a and b`, `a, b and c`. */
export function listed(parts: readonly string[]): string {
  const last = parts.at(-1) ?? '';
  return parts.length < 2 ? last : `${parts.slice(0, -1).join(', ')} and ${last}`;
}

/** How many of what was found, and what it means: “Is anything wrong?” */
export function findingsSentence({ findings }: State): readonly Phrase[] {
  switch (findings.kind) {
    case 'none':
      return ['This model has not been checked yet.'];
    case 'failed':
      return [
        findings.error.code === 'cancelled'
          ? 'The check was stopped before it was done.'
          : `The model could not be checked: ${findings.error.message}`,
      ];
    case 'running': {
      const { decided, rules, runs } = findings.progress;
      const found = countParts(countsOf(findings));
      return [
        `Checking: ${counted(runs, 'run')}, ${decided} of ${rules} checks done`,
        found.length === 0 ? '.' : `; ${listed(found)} so far.`,
      ];
    }
    case 'ready':
      return [...resultPhrases(findings), ...(findings.isStale ? [STALE] : [])];
  }
}

const STALE = ' The model’s files have changed since: check again.';

function resultPhrases(findings: Extract<FindingsState, { kind: 'ready' }>): Phrase[] {
  const { passed, undecided } = findings.result;
  const counts = countsOf(findings);
  const parts = countParts(counts);
  const open =
    undecided.length === 0 ? '' : ` ${counted(undecided.length, 'check')} could not be decided.`;
  const [first, ...rest] = parts;
  if (first === undefined) {
    return [
      { strong: 'All is well' },
      `: ${counted(passed.length, 'check')} found nothing wrong in this export (${effortWords(findings.result)}).${open}`,
    ];
  }
  const said = listed([first, ...rest]).slice(first.length);
  const start: Phrase[] = counts.error > 0 ? [{ strong: first }, `${said}.`] : [`${first}${said}.`];
  const grave = foundIn(findings).filter(one => !isPinned(findings, one));
  const errors = grave.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) return [...start, ...verdict(errors)];
  return [...start, counts.warning > 0 ? ` ${grave[0]?.sentence ?? ''}` : ' Nothing is wrong.'];
}

/** What the errors say of the export, and that its outputs are not to be trusted. */
function verdict(errors: readonly ModelFinding[]): Phrase[] {
  const ofModel = errors.filter(({ about }) => about === 'model');
  if (ofModel.length === 0) return [` ${errors[0]?.sentence ?? ''}`];
  const does = [...new Set(ofModel.map(doesWords))];
  const more = does.length - NAMED;
  const named = does.slice(0, NAMED);
  const all = more > 0 ? [...named, `has ${counted(more, 'more fault')}`] : named;
  return [` This export ${listed(all)}; `, { strong: 'its outputs cannot be trusted' }, '.'];
}

/** What an export does wrong, and in which layers, where its evidence tells them. */
function doesWords({ code, evidence }: ModelFinding): string {
  const bars = evidence.find(one => one.kind === 'bars')?.rows ?? [];
  const ofLayers = bars.filter(({ name }) => /^L\d+$/.test(name));
  const wrong = ofLayers.filter(({ isWrong }) => isWrong).map(({ name }) => name.slice(1));
  if (wrong.length === 0 || wrong.length === ofLayers.length) return CODES[code].does;
  return `${CODES[code].does} in layer${wrong.length === 1 ? '' : 's'} ${listed(wrong)}`;
}
