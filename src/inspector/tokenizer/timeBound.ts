import { InspectorError } from '../../protocol/errors';
import { shortened } from '../files/shortened';
import { boundedRun, TimeLimitError } from './boundedRun';
import { GivenUpError, takeRunningSearch, type Search } from './expression/matches';
import { originalOf } from './expression/oniguruma';
import { SlowExpressionError } from './expression/withinTime';

/** A text of a million characters takes seconds, ten on a machine with other work. */
const TIME_LIMIT_MS = 60_000;
/** By then an expression that ends is done, unless the text is long. */
const EXPRESSION_LIMIT_MS = 2000;
/** Once one did not end, the next gets less time. */
const SECOND_LIMIT_MS = 1000;
const LIMIT_PER_UNIT_MS = 0.01;

/** The time that a tokenizer may take for a text. */
export class TimeBound {
  private isSlow = false;

  constructor(private readonly limitMs = TIME_LIMIT_MS) {}

  /**
   * Runs `work`, which says which component it enters.
   * @param units of the text: a long one takes long without a fault
   * @throws SlowExpressionError where an expression does not end, InspectorError `tokenizer-broken`
   * where all together takes too long
   */
  run<T>(units: number, work: (enter: (component: string) => void) => T): T {
    const forExpressions = this.isSlow ? SECOND_LIMIT_MS : EXPRESSION_LIMIT_MS;
    const first = Math.min(forExpressions + units * LIMIT_PER_UNIT_MS, this.limitMs);
    const limits = first < this.limitMs ? [first, this.limitMs] : [first];
    let current = '';
    for (const limit of limits) {
      takeRunningSearch();
      try {
        return boundedRun(() => work(component => (current = component)), limit);
      } catch (error) {
        if (error instanceof GivenUpError) throw slowExpression(current, error.search, false);
        if (!(error instanceof TimeLimitError)) throw error;
        const search = takeRunningSearch();
        if (search) {
          this.isSlow = true;
          throw slowExpression(current, search, true);
        }
      }
    }
    throw new InspectorError(
      'tokenizer-broken',
      `This model’s tokenizer was stopped after ${this.limitMs / 1000} s in its ${current}: the text is too long for it. Choose a shorter text.`,
    );
  }
}

/** @param goesOn whether the search is worth going on elsewhere */
function slowExpression(component: string, search: Search, goesOn: boolean): SlowExpressionError {
  const expression = shortened(originalOf(search.pattern));
  return new SlowExpressionError(
    `This model’s tokenizer was stopped in its ${component}: on this text its expression “${expression}” may never end.`,
    goesOn ? search : undefined,
  );
}
