import type { Weights } from '../weights/weights';
import { layersOf } from './common';
import type { Config } from './config';
import type { Experts, Mlp } from './graph/spec';

/** Where a family keeps the experts of a layer. */
interface Names {
  readonly router: string;
  readonly experts: string;
  readonly gate: string;
  readonly up: string;
  readonly down: string;
}

const mixtral: Names = {
  router: 'block_sparse_moe.gate',
  experts: 'block_sparse_moe.experts',
  gate: 'w1',
  up: 'w3',
  down: 'w2',
};
const qwen: Names = {
  router: 'mlp.gate',
  experts: 'mlp.experts',
  gate: 'gate_proj',
  up: 'up_proj',
  down: 'down_proj',
};

/**
 * The experts of a layer, under the names of Mixtral, of Qwen 3 and OLMoE, or of gpt-oss; undefined
 * for a layer that has none.
 * @param at the layer
 */
export function expertsOf(
  c: Config,
  weights: Weights,
  at: string,
  activation: string,
): Experts | undefined {
  const count = c.optionalSize('num_local_experts', 'num_experts');
  const chosen = c.optionalSize('num_experts_per_tok');
  if (count === undefined || chosen === undefined) return undefined;
  const isStored = (name: string) => weights.get(`${at}.${name}`) !== undefined;
  if (isStored('mlp.experts.gate_up_proj') && isStored('mlp.router.weight')) {
    const make = (expert: number): Mlp => {
      const part = (name: string) => ({ name: `${at}.mlp.experts.${name}`, expert });
      return {
        up: part('gate_up_proj'),
        down: part('down_proj'),
        inner: c.size('intermediate_size'),
        activation: 'quick_gelu',
        limit: c.optional('swiglu_limit') ?? 7,
      };
    };
    const router = { name: `${at}.mlp.router` };
    return { router, chosen, normalised: true, experts: layersOf(count, make) };
  }
  const names = [mixtral, qwen].find(({ router }) => isStored(`${router}.weight`));
  if (!names) return undefined;
  const inner = c.size(
    ...(names === qwen ? ['moe_intermediate_size', 'intermediate_size'] : ['intermediate_size']),
  );
  return {
    router: { name: `${at}.${names.router}` },
    chosen,
    normalised: names === mixtral || c.flag('norm_topk_prob', true),
    experts: layersOf(count, expert => {
      const part = (name: string) => ({ name: `${at}.${names.experts}.${expert}.${name}` });
      return {
        gate: part(names.gate),
        up: part(names.up),
        down: part(names.down),
        inner,
        activation,
      };
    }),
  };
}
