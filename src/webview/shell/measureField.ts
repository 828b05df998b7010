import type { Prediction } from '../../protocol/outputs';
import type { Measure } from '../../protocol/patching';
import type { MeasuredEntries } from '../app/measure';
import { dropdown, type Choice } from '../kit/controls';
import { el } from '../kit/dom';
import { entryField } from './entryField';

const MEASURES: readonly { readonly value: Measure['kind']; readonly label: string }[] = [
  { value: 'logitDifference', label: 'Logit of' },
  { value: 'probability', label: 'Probability of' },
  { value: 'divergence', label: 'KL divergence' },
];

/** What people can do with the controls of a measure. */
export interface MeasureHandlers {
  kind(measure: Measure['kind']): void;
  entry(change: Partial<MeasuredEntries>): void;
  place(token: number): void;
  /** Where the entries come from that are offered: “of the two texts”. */
  readonly offered: string;
}

/** What the controls of a measure show. */
export interface MeasureContent {
  readonly measure: Measure['kind'];
  readonly known: readonly Prediction[];
  /** Null while they are not known. */
  readonly entries: MeasuredEntries | null;
  readonly places: readonly Choice[];
  readonly token: number;
}

/** The controls that say what is measured of an output, and at which token. */
export function measureField(handlers: MeasureHandlers): {
  readonly elements: readonly HTMLElement[];
  /** Says that no entry reads as what was typed. */
  readonly note: HTMLElement;
  show(content: MeasureContent): void;
} {
  const kind = dropdown('Measure', value =>
    handlers.kind(MEASURES.find(one => one.value === value)?.value ?? 'logitDifference'),
  );
  const note = el('span.measure-note', { role: 'status' });
  let listed = 0;
  const refuse = (typed: string | null): void => {
    note.textContent =
      typed === null
        ? ''
        : `“${typed}” is none of the ${listed} likeliest entries ${handlers.offered}: type # and its number in the vocabulary.`;
  };
  const answer = entryField('Answer', id => handlers.entry({ answer: id }), refuse);
  const other = entryField('Other answer', id => handlers.entry({ other: id }), refuse);
  const minus = el('span.muted', 'minus');
  const place = dropdown('Measured at', value => handlers.place(Number(value)));
  return {
    elements: [
      el('span.muted', 'Measure'),
      kind.element,
      answer.element,
      minus,
      other.element,
      el('span.muted', 'at'),
      place.element,
    ],
    note,
    show: ({ measure, known, entries, places, token }) => {
      listed = known.length;
      kind.show(MEASURES, measure);
      answer.element.hidden = measure === 'divergence';
      other.element.hidden = minus.hidden = measure !== 'logitDifference';
      answer.show(known, entries?.answer ?? null);
      other.show(known, entries?.other ?? null);
      place.show(places, String(token));
    },
  };
}
