import { text } from '../../kit/stored';

/** What people choose in the Tokens view. */
export const tokensOptions = {
  /** Reference of the model whose tokenizer stands beside the run's own; empty for none. */
  compareWith: text(Infinity),
};
