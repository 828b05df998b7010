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

/** What an expert's parts are, of a layer and its number. */
type Make = (expert: number) => Mlp;

/**
 * The experts of a layer, under the names of Mixtral, Qwen, Granite or gpt-oss; undefined for a
 * layer that has none.
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
  const made = (router: string, weighing: Experts['weighing'], make: Make): Experts => ({
    router: { name: `${at}.${router}` },
    chosen,
    weighing,
    experts: layersOf(count, make),
    ...sharedOf(c, weights, `${at}.mlp`, activation),
  });
  if (isStored('mlp.router.weight')) {
    return made('mlp.router', 'chosen', gptOss(c, `${at}.mlp.experts`));
  }
  const granite = 'block_sparse_moe.router.layer';
  if (isStored(`${granite}.weight`)) {
    return made(granite, 'chosen', joint(c, `${at}.block_sparse_moe`, activation));
  }
  const names = [mixtral, qwen].find(({ router }) => isStored(`${router}.weight`));
  return names && made(names.router, weighingOf(c, names), separate(c, at, names, activation));
}

function weighingOf(c: Config, names: Names): Experts['weighing'] {
  const jitter = c.type === 'phimoe' ? (c.optional('router_jitter_noise') ?? 0.01) : undefined;
  if (jitter !== undefined) return { nearBest: 2 * jitter };
  return names === mixtral || c.flag('norm_topk_prob', true) ? 'chosen' : 'all';
}

function separate(c: Config, at: string, names: Names, activation: string): Make {
  const fields =
    names === qwen ? ['moe_intermediate_size', 'intermediate_size'] : ['intermediate_size'];
  const inner = c.size(...fields);
  return expert => {
    const part = (name: string) => ({ name: `${at}.${names.experts}.${expert}.${name}` });
    return {
      gate: part(names.gate),
      up: part(names.up),
      down: part(names.down),
      inner,
      activation,
    };
  };
}

/** Gates, then what they let through, of all experts in one tensor. */
function joint(c: Config, at: string, activation: string): Make {
  const [inner, width] = [c.size('intermediate_size'), c.size('hidden_size')];
  const rows = (name: string, from: number, count: number) => ({
    name: `${at}.${name}`,
    rows: [from, from + count] as const,
  });
  return expert => ({
    gate: rows('input_linear', 2 * expert * inner, inner),
    up: rows('input_linear', (2 * expert + 1) * inner, inner),
    down: rows('output_linear', expert * width, width),
    inner,
    activation,
  });
}

function gptOss(c: Config, at: string): Make {
  const [inner, limit] = [c.size('intermediate_size'), c.optional('swiglu_limit') ?? 7];
  return expert => ({
    up: { name: `${at}.gate_up_proj`, expert },
    down: { name: `${at}.down_proj`, expert },
    inner,
    activation: 'quick_gelu',
    limit,
  });
}

/** What all tokens go through beside their experts. */
function sharedOf(
  c: Config,
  weights: Weights,
  at: string,
  activation: string,
): Pick<Experts, 'shared'> {
  const name = `${at}.shared_expert`;
  if (!weights.get(`${name}.gate_proj.weight`)) return {};
  const part = (each: string) => ({ name: `${name}.${each}` });
  return {
    shared: {
      mlp: {
        gate: part('gate_proj'),
        up: part('up_proj'),
        down: part('down_proj'),
        inner: c.size('shared_expert_intermediate_size'),
        activation,
      },
      gate: { name: `${name}_gate` },
    },
  };
}
