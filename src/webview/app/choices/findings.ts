import { oneOf, record } from '../../kit/stored';

/** Which findings are listed: all, those of the text, or those of the model. */
export const SCOPES = ['all', 'text', 'model'] as const;
export type Scope = (typeof SCOPES)[number];

const readFindings = record({ scope: oneOf<Scope>(SCOPES, 'all') });
export const findingsOptions = { findings: readFindings };

/** What people look at in the Findings view. */
export interface FindingsLook {
  /** Key of the row that is looked at; the first finding where it is none of those listed. */
  readonly selected: string | null;
  /** Words that rows must have. */
  readonly filter: string;
  readonly isFiltering: boolean;
  /** Groups that are folded. */
  readonly folded: readonly string[];
}

export const OPENING_FINDINGS: FindingsLook = {
  selected: null,
  filter: '',
  isFiltering: false,
  folded: ['pinned'],
};
