import { oneOf, record, text } from '../../kit/stored';

/** Which findings are listed: all, those of the text, or those of the model. */
export const SCOPES = ['all', 'text', 'model'] as const;
export type Scope = (typeof SCOPES)[number];

/** Longest condition that is asked. */
const LONGEST_CONDITION = 1000;

const readFindings = record({
  scope: oneOf<Scope>(SCOPES, 'all'),
  /** Where runs stop: places where it holds are listed; empty for none. */
  condition: text(LONGEST_CONDITION),
});
export const findingsOptions = { findings: readFindings };

/** What people look at in the Findings view. */
export interface FindingsLook {
  /** Key of the row that is looked at; the first finding where it is none of those listed. */
  readonly selected: string | null;
  /** Words that rows must have. */
  readonly filter: string;
  readonly isFiltering: boolean;
  /** The field for a condition is open. */
  readonly isStopping: boolean;
  /** Groups that are folded. */
  readonly folded: readonly string[];
}

export const OPENING_FINDINGS: FindingsLook = {
  selected: null,
  filter: '',
  isFiltering: false,
  isStopping: false,
  folded: ['pinned'],
};
