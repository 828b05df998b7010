import type { Token } from '../../../protocol/tokens';
import { keyTokens, queryTokens, siteAt } from '../../reading/capture';
import { counted, percent, weight3 } from '../../reading/format';
import type { Phrase } from '../../app/sentence';
import type { State } from '../../app/state';
import { nameIn } from '../../reading/tokenText';
import { keyOf, length, runningSum, sumTerms, topKeys } from './facts';
import { number, signed, subscript } from '../../reading/numbers';
import { keyVector, type ShownComputation } from './shown';
import { Stage, STAGES, type Step } from '../../app/choices/step';

/** The sentence that explains a step with this text's own numbers. */
export function stepSentence(state: State, shown: ShownComputation, step: Step): Phrase[] {
  const { capture, locus } = state;
  if (!capture || !locus) return [];
  const words = new Words(state, shown);
  if (step.into?.kind === 'product') return words.product(step.into.dimension);
  if (step.into) return words.term(step.into.dimension);
  return [`Step ${step.stage} of ${STAGES.length}. `, ...words.stage(step.stage)];
}

/** √32 = 5.657 as a divisor, or the factor where the model has another. */
export function scaleText(scale: number, headDim: number): string {
  if (scale === 1) return '× 1';
  const isRoot = Math.abs(scale * Math.sqrt(headDim) - 1) < 1e-4;
  return isRoot ? `÷ ${number(Math.sqrt(headDim), 3)}` : `× ${number(scale, 4)}`;
}

class Words {
  private readonly key: number;
  private readonly keys: readonly Token[];
  private readonly query: Phrase;
  private readonly chosen: Phrase;

  constructor(
    private readonly state: State,
    private readonly shown: ShownComputation,
  ) {
    const { capture, locus } = state;
    this.key = keyOf(state, shown.value);
    this.keys = capture && locus ? keyTokens(capture, locus.block) : [];
    const queries = capture && locus ? queryTokens(capture, locus.block) : [];
    this.query = { token: nameIn(queries, shown.value.query), part: 'query' };
    this.chosen = { token: nameIn(this.keys, this.key), part: 'key' };
  }

  stage(stage: number): Phrase[] {
    switch (stage) {
      case Stage.project:
        return this.project();
      case Stage.dotProduct:
        return this.dotProduct();
      case Stage.scale:
        return this.scale();
      case Stage.mask:
        return this.mask();
      case Stage.softmax:
        return this.softmax();
      case Stage.weightedSum:
        return this.weightedSum();
      default:
        return this.output();
    }
  }

  product(dimension: number): Phrase[] {
    const { q, headDim } = this.shown.value;
    const k = keyVector(this.shown, 'k', this.key);
    if (!k) return ['The vector of this key is on its way.'];
    const { products, sums } = runningSum(q, k);
    const i = subscript(dimension);
    return [
      `Dimension ${dimension} of 0–${headDim - 1} of q · k for `,
      this.chosen,
      `: q${i} × k${i} = ${number(q[dimension] ?? NaN, 3)} × ${number(k[dimension] ?? NaN, 3)} = ${number(products[dimension] ?? NaN, 3)}; the sum so far is ${number(sums[dimension] ?? NaN, 3)}.`,
    ];
  }

  term(dimension: number): Phrase[] {
    const { value } = this.shown;
    const sum = sumTerms(this.shown, dimension, topKeys(value, this.key, 4));
    if (!sum) return ['The values of this layer are not in this capture.'];
    const i = subscript(dimension);
    const largest = [...sum.terms].sort((a, b) => Math.abs(b.term) - Math.abs(a.term))[0];
    const start = `Dimension ${dimension} of 0–${value.headDim - 1}. `;
    if (!largest) return [`${start}z${i} is ${number(sum.total, 3)}.`];
    return [
      start,
      this.named(largest.key),
      ` adds α × v${i} = ${weight3(value.weights[largest.key] ?? NaN)} × ${number(largest.value, 3)} = ${number(largest.term, 3)}; all keys together make z${i} = ${number(sum.total, 3)}.`,
    ];
  }

  private project(): Phrase[] {
    const { headDim, qUnrotated, keyHead } = this.shown.value;
    const { capture, locus } = this.state;
    const site = capture && locus && siteAt(capture, locus.block, locus.layer);
    const heads = site?.heads ?? 1;
    const shared =
      site && site.keyHeads < heads
        ? ` ${heads / site.keyHeads} query heads share each key head; this one reads key head ${keyHead}.`
        : '';
    const turned = qUnrotated
      ? ' RoPE then turns pairs of these numbers by angles that grow with the position.'
      : '';
    return [
      this.query,
      ` becomes a query and each of ${counted(this.keys.length, 'token')} a key of ${counted(headDim, 'number')}.`,
      turned,
      shared,
    ];
  }

  private dotProduct(): Phrase[] {
    const product = number(this.shown.value.products[this.key] ?? NaN, 2);
    return [
      'Each number of the query of ',
      this.query,
      ' is multiplied with the same number of a key, and the products are summed: q · k for ',
      this.chosen,
      ` is ${product}.`,
    ];
  }

  private scale(): Phrase[] {
    const { scale, headDim, softCap, scores, products } = this.shown.value;
    const cap =
      softCap === undefined
        ? ''
        : ` The model then keeps scores within ±${softCap} by cap × tanh(score ÷ cap).`;
    if (scale === 1 && headDim > 1) {
      return [
        `This model’s graph does not divide by √d_k = √${headDim}: whatever scaling it has is in the numbers of query and key already. For `,
        this.chosen,
        ` the sum is the score, ${number(scores[this.key] ?? NaN, 2)}.${cap}`,
      ];
    }
    const [product, score] = [products, scores].map(of => number(of[this.key] ?? NaN, 2));
    return [
      'Each sum becomes a score: for ',
      this.chosen,
      ` ${product} ${scaleText(scale, headDim)} = ${score}.${cap}`,
    ];
  }

  private mask(): Phrase[] {
    const { allowed, bias } = this.shown.value;
    const visible = allowed.reduce((sum, one) => sum + one, 0);
    const blocked = allowed.length - visible;
    const added: Phrase[] = bias
      ? [' The position of ', this.chosen, ` adds ${signed(bias[this.key] ?? 0, 2)}.`]
      : [];
    if (blocked === 0) {
      return [
        'The mask blocks no key of ',
        this.query,
        bias ? '.' : ', so the scores stay as they are.',
        ...added,
      ];
    }
    return [
      'The mask lets ',
      this.query,
      ` see ${visible} of ${counted(allowed.length, 'key')}; the score of the others becomes −∞.`,
      ...added,
    ];
  }

  private softmax(): Phrase[] {
    const { value } = this.shown;
    const { weights, maskedScores, allowed } = value;
    if (weights.some(weight => Number.isNaN(weight))) {
      return ['The weights of ', this.query, ' are not numbers (NaN).'];
    }
    const visible = allowed.reduce((sum, one) => sum + one, 0);
    if (visible === 0) return ['The mask blocks every key of ', this.query, '.'];
    const best = topKeys(value, -1, 1)[0] ?? 0;
    return [
      `The ${counted(visible, 'score')} of `,
      this.query,
      value.sink
        ? ` become weights that sum to ${weight3(1 - value.sink.weight)}: a sink takes ${weight3(value.sink.weight)}, which goes nowhere. `
        : ' become weights that sum to 1. ',
      this.named(best),
      ` has the highest score (${number(maskedScores[best] ?? NaN, 2)}), so it gets the largest weight (${weight3(weights[best] ?? NaN)}).`,
    ];
  }

  private weightedSum(): Phrase[] {
    return [
      'Each value vector is multiplied by its weight. That of ',
      this.chosen,
      ` counts ${weight3(this.shown.value.weights[this.key] ?? NaN)} times.`,
    ];
  }

  private output(): Phrase[] {
    const { value } = this.shown;
    const { output, weights } = value;
    const best = topKeys(value, -1, 1)[0] ?? 0;
    const start: Phrase[] = [
      'The output z for ',
      this.query,
      ' is the sum of the value vectors, each times its weight. ',
      this.named(best),
      ` supplies ${percent(weights[best] ?? NaN)} of the weight.`,
    ];
    if ('missing' in output) return start;
    const mine = length(output.fromHead);
    const rank = 1 + output.normOfHeads.filter(other => other > mine * (1 + 1e-6)).length;
    const heads = output.normOfHeads.length;
    const place = heads === 1 ? '' : `, rank ${rank} of ${heads} heads`;
    const after = value.gate ? 'its gate and W_O' : 'W_O';
    return [...start, ` After ${after} it has the length ${number(mine, 2)}${place}.`];
  }

  private named(key: number): Phrase {
    return { token: nameIn(this.keys, key), part: key === this.key ? 'key' : '' };
  }
}
