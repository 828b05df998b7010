import { permute } from '../../runtime/layout';
import type { Tensor } from '../../runtime/tensor';
import type { TextLengths } from './textLengths';

/**
 * Brings what a graph computes for each token into `[batch, tokens, …]`: modules that have the tokens
 * first keep their states as `[tokens, batch, width]`, whatever the graph's own inputs are.
 */
export class TokenAxes {
  /** Whether a tensor has its tokens first, as runs have shown whose texts are not as many as their tokens. */
  readonly #isTokensFirst = new Map<string, boolean>();

  /** @param tensor of any shape: what is neither `[batch, …]` nor `[tokens, batch, …]` stays as it is */
  arranged(name: string, tensor: Tensor, batch: number, lengths: TextLengths): Tensor {
    const { dims } = tensor;
    if (dims.length !== 3) return tensor;
    const isRow = dims[0] === batch;
    const isColumn = dims[1] === batch && [...lengths.values()].includes(dims[0] ?? 0);
    if (isRow !== isColumn) this.#isTokensFirst.set(name, isColumn);
    return isColumn && this.#isTokensFirst.get(name) ? permute(tensor, [1, 0, 2]) : tensor;
  }
}
