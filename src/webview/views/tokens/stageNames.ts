import type { Stage } from '../../tokenization/stages';

const KINDS: Record<Stage['kind'], string> = {
  text: 'Text',
  addedTokens: 'Added tokens',
  normalizer: 'Normalizer',
  preTokenizer: 'Pre-tokenizer',
  model: 'Model',
  postProcessor: 'Post-processor',
};

/** What a stage is called in little room: its component, or its kind where it has none. */
export const shortName = ({ kind, component }: Stage): string =>
  kind === 'text' || kind === 'addedTokens' || component === '' ? KINDS[kind] : component;

/** A stage's kind and component: `Normalizer BertNormalizer`. */
export const fullName = ({ kind, component }: Stage): string =>
  component === '' ? KINDS[kind] : `${KINDS[kind]} ${component}`;
