import type { Block } from '../../protocol/capture';
import { InspectorError } from '../../protocol/errors';
import { EACH_BY_ITSELF, type LayerWithoutAttention } from '../../protocol/model';
import { LARGEST_WHOLE_MAP } from '../../protocol/tiles';
import { rolloutStep } from '../attention/rollout';
import type { Weights } from '../attention/weightMap';
import { breaths } from '../runtime/breathe';

/** Memory for rollouts that were made, in pairs of query and key. */
const KEPT_PAIRS = 16e6;

/** The rollouts of one capture, each made when it is first asked for. */
export class Rollouts {
  private readonly made = new Map<string, Promise<Weights>>();

  /**
   * @param meanOf the mean over the heads of one layer `[tokens, tokens]`
   * @param without layers that have no attention
   */
  constructor(
    private readonly meanOf: (block: Block, layer: number) => Promise<Weights>,
    private readonly without: readonly LayerWithoutAttention[] = [],
  ) {}

  /**
   * The rollout of layers 0 to `layer`, both included `[tokens, tokens]`.
   * @param tokens length of the sequence
   * @throws InspectorError for cross-attention, for texts that are too long, and where a layer in between
   * mixes tokens by other means than attention
   */
  async upTo(block: Block, layer: number, tokens: number): Promise<Weights> {
    if (block.kind === 'cross') {
      throw new InspectorError(
        'inputs-wrong',
        'A rollout follows self-attention from layer to layer: cross-attention has none. Choose a head, the mean or the maximum.',
      );
    }
    if (tokens > LARGEST_WHOLE_MAP) {
      const [most, count] = [LARGEST_WHOLE_MAP, tokens].map(n => n.toLocaleString('en'));
      throw new InspectorError(
        'text-too-long',
        `A rollout multiplies whole maps, so it takes at most ${most} tokens, and this text has ${count}. Choose a head, or inspect a shorter text.`,
      );
    }
    const name = `${block.stack} ${layer}`;
    const known = this.made.get(name) ?? this.make(block, layer, tokens);
    this.made.delete(name);
    this.made.set(name, known);
    // One that failed is tried again.
    known.catch(() => this.made.delete(name));
    const kept = Math.max(2, Math.floor(KEPT_PAIRS / tokens ** 2));
    for (const oldest of this.made.keys()) {
      if (this.made.size <= kept) break;
      this.made.delete(oldest);
    }
    return known;
  }

  private async make(block: Block, layer: number, tokens: number): Promise<Weights> {
    const lower = this.lower(block, layer);
    const below = lower === undefined ? undefined : await this.upTo(block, lower, tokens);
    return rolloutStep(await this.meanOf(block, layer), below, breaths());
  }

  /** The next layer below that has attention; a layer that leaves each token by itself passes all on. */
  private lower({ stack }: Block, layer: number): number | undefined {
    for (let below = layer - 1; below >= 0; below--) {
      const gap = this.without.find(one => one.stack === stack && one.layer === below);
      if (!gap) return below;
      if (gap.instead !== EACH_BY_ITSELF) {
        throw new InspectorError(
          'inputs-wrong',
          `A rollout multiplies the attention of all layers below, and layer ${below} has none (${gap.instead}), so what it mixes would be missing. Choose a head, the mean or the maximum.`,
        );
      }
    }
    return undefined;
  }
}
