import type { ComparedPart, ErrorStep } from '../../protocol/firstDivergence';
import { Inputs, keyOf, type ComparedStack, type Place } from './places';
import type { Measured } from './measure';

/** A place of both models, and how far they are apart there. */
export interface PlaceError extends Place, Measured {}

/** How many times the error of its inputs a place may have before it makes one of its own. */
const GAIN = 4;
/** The softmax and the products before it make more of what goes in. */
const GAIN_OF_ATTENTION = 6;

const gainOf = (kind: ComparedPart) =>
  kind === 'maskedScores' || kind === 'weights' ? GAIN_OF_ATTENTION : GAIN;

/** Steps that are listed. */
const MOST_STEPS = 5;

/** Follows errors through a model. */
export class ErrorFlow {
  readonly #errors: ReadonlyMap<string, number>;
  readonly #inputs: Inputs;

  /** @param cells in the order of computation; places that one of the models does not show are not there */
  constructor(
    readonly cells: readonly PlaceError[],
    stacks: readonly ComparedStack[],
    readonly floor: number,
  ) {
    this.#errors = new Map(cells.map(cell => [keyOf(cell), cell.error]));
    this.#inputs = new Inputs(stacks);
  }

  /** The largest error of what a place is computed from; of places that are not shown, that of theirs. */
  ofInputs(place: Place): number {
    return Math.max(0, ...this.#inputs.of(place).map(input => this.#errorAt(input)));
  }

  /** Whether a place's error is beyond rounding and more than its inputs explain. */
  isOwn(cell: PlaceError): boolean {
    return cell.error > this.floor && this.ofInputs(cell) * gainOf(cell.kind) < cell.error;
  }

  /** The first place in the order of computation that makes an error of its own. */
  first(): PlaceError | undefined {
    return this.cells.find(cell => this.isOwn(cell));
  }

  /** The error at a place, where it is shown. */
  at(place: Place): number | undefined {
    return this.#errors.get(keyOf(place));
  }

  /** Where errors grow most, the largest growth first. */
  largestSteps(): readonly ErrorStep[] {
    const least = this.floor / 10;
    return this.cells
      .filter(({ error }) => error > 0)
      .map(({ stack, attention, layer, kind, error, largest, cosine, ...rest }) => {
        const ofInputs = this.ofInputs({ stack, attention, layer, kind, ...rest });
        const step = { stack, attention, layer, kind, error, largest, cosine, ofInputs };
        return { step, growth: error / Math.max(ofInputs, least) };
      })
      .sort((a, b) => b.growth - a.growth)
      .slice(0, MOST_STEPS)
      .map(({ step }) => step);
  }

  #errorAt(place: Place): number {
    return this.at(place) ?? this.ofInputs(place);
  }
}
