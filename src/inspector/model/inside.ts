import type { AttentionKind, Stack } from '../../protocol/model';
import { hiddenStatesOf } from './assemble';
import { noChanges } from './changes/interventions';
import { stateAxes, fromRaw } from './changes/rawAxes';
import { filledUp } from './fixedShape';
import { GraphSession, type GraphRun, type SiteTensors, type Wanted } from './graph/graphSession';
import { completeFeeds } from './inputs/feeds';
import type { Part } from './part';
import type { Feeds, ModelRun } from './run';
import { runPart } from './runPart';
import { withoutRepeats } from './tensors/keyHeads';
import { toTensor, type RuntimeTensors } from '../runtime/session';
import { firstOf, type Tensor } from '../runtime/tensor';
import { exposed } from './exposedGraph';
import { statesInside, type StateInside, type StatePlace } from './statesInside';

/** The graphs of a model, and what each is fed. */
export interface InsideOf {
  readonly parts: readonly Part[];
  /** @param memory what the graph before gave */
  feeds(part: number, given: Feeds, memory: Tensor | undefined): Feeds | Promise<Feeds>;
}

/** What one attention computed `[batch, heads, rows, columns]`, whether or not it was proved. */
export interface SiteInside {
  readonly stack: Stack;
  readonly kind: AttentionKind;
  readonly layer: number;
  readonly tensors: SiteTensors;
}

/** One pass of a model with all that it shows. */
export interface InsideRun extends Pick<ModelRun, 'hiddenStates' | 'lastResidual' | 'logits'> {
  readonly sites: readonly SiteInside[];
  /** What lies between the attentions `[batch, tokens, modelDim]`. */
  readonly states: readonly (StatePlace & { readonly tensor: Tensor })[];
}

const EVERYTHING: Wanted = {
  quantities: new Set(['query', 'key', 'value', 'maskedScores', 'weights', 'headOutput']),
  hiddenStates: true,
  output: true,
};

const OUTPUT: Wanted = { quantities: new Set(), hiddenStates: false, output: true };

/**
 * What happens inside of a model, as its graphs compute it: also what the views refuse to show because its
 * parts do not explain each other. Sessions beside those of plain runs are opened when they are first needed.
 */
export class Inside {
  readonly #sessions = new Map<number, Promise<GraphSession>>();
  readonly #states: readonly (readonly StateInside[])[];

  constructor(private readonly model: InsideOf) {
    this.#states = model.parts.map(statesInside);
  }

  get parts(): readonly Part[] {
    return this.model.parts;
  }

  /**
   * Runs texts of one length.
   * @throws InspectorError `inputs-wrong`, `vocabulary-mismatch`, `out-of-memory`
   */
  async run(given: Feeds): Promise<InsideRun> {
    const sites: SiteInside[] = [];
    const states: (StatePlace & { readonly tensor: Tensor })[] = [];
    let streams: Pick<ModelRun, 'hiddenStates' | 'lastResidual'> = {
      hiddenStates: {},
      lastResidual: {},
    };
    let output: Tensor | undefined;
    for (const [i, part] of this.parts.entries()) {
      const feeds = await this.model.feeds(i, given, output);
      const wanted = { ...EVERYTHING, raw: this.#names(i) };
      const run = await runPart(await this.#whole(i), feeds, wanted, noChanges);
      sites.push(...run.sites.flatMap((tensors, site) => siteInside(part, site, tensors)));
      const own = hiddenStatesOf(part, run);
      streams = {
        hiddenStates: { ...streams.hiddenStates, ...own.hiddenStates },
        lastResidual: { ...streams.lastResidual, ...own.lastResidual },
      };
      states.push(...this.#statesOf(i, run, sizeOfTexts(part, feeds)));
      output = run.output;
    }
    const hasLogits = this.parts.at(-1)?.graph.loaded.streams.hasHead && output?.dims.length === 3;
    return { sites, states, ...streams, ...(hasLogits && output ? { logits: output } : {}) };
  }

  /** Tensors of one of its graphs, in the graph's own shape, by name; those that it has not are left out. */
  async tensors(part: number, given: Feeds, names: readonly string[]): Promise<RuntimeTensors> {
    let output: Tensor | undefined;
    for (const [i, { graph }] of this.parts.entries()) {
      const feeds = await this.model.feeds(i, given, output);
      if (i < part) {
        output = (await runPart(this.#part(i), feeds, OUTPUT, noChanges)).output;
        continue;
      }
      const session = await exposed(graph, names);
      try {
        return await session.run(fed(this.#part(i), feeds), names);
      } finally {
        await session.release();
      }
    }
    return {};
  }

  async release(): Promise<void> {
    const all = [...this.#sessions.values()];
    this.#sessions.clear();
    for (const session of all) await session.then(open => open.dispose());
  }

  #part(i: number): Part {
    const part = this.parts[i];
    if (!part) throw new Error(`There is no graph ${i}.`);
    return part;
  }

  /** Names of the tensors that states are made of. */
  #names(i: number): readonly string[] {
    const states = this.#states[i] ?? [];
    return [...new Set(states.flatMap(({ tensors }) => tensors.map(({ name }) => name)))];
  }

  /** A graph with a session that puts states out, too. */
  async #whole(i: number): Promise<Part> {
    const part = this.#part(i);
    const { graph } = part;
    const sums = (this.#states[i] ?? []).flatMap(({ sumOf }) => sumOf ?? []);
    const exposedSums = new Map([
      ...graph.loaded.streams.exposedSums,
      ...sums.map(({ node, name }) => [node, name] as const),
    ]);
    const loaded = { ...graph.loaded, streams: { ...graph.loaded.streams, exposedSums } };
    const session =
      this.#sessions.get(i) ?? GraphSession.open(loaded, graph.session.options, this.#names(i));
    this.#sessions.set(i, session);
    session.catch(() => this.#sessions.delete(i));
    return { ...part, graph: { ...graph, session: await session } };
  }

  #statesOf(i: number, { raw = {} }: GraphRun, { rows, tokens }: ReturnType<typeof sizeOfTexts>) {
    const lengths = new Set(tokens);
    return (this.#states[i] ?? []).flatMap(({ place, tensors }) => {
      const terms = tensors.flatMap(({ name, bias }) => {
        const value = raw[name];
        if (!value) return [];
        const { dims, data } = toTensor(value);
        const read = fromRaw({ dims, data }, stateAxes({ dims, batch: rows, lengths }), rows);
        const [, , count = 0, width = 0] = read.dims;
        const state = { dims: [rows, count, width], data: read.data };
        const cut = lengths.has(count) ? state : firstOf(state, 1, Math.min(count, ...lengths));
        return [bias ? plusBias(cut, bias) : cut];
      });
      const [first, ...others] = terms;
      return first && terms.length === tensors.length
        ? [{ ...place, tensor: others.reduce(plus, first) }]
        : [];
    });
  }
}

function siteInside({ graph, sites }: Part, i: number, tensors: SiteTensors): SiteInside[] {
  const site = sites[i];
  if (!site) return [];
  const { stack, kind, layer } = site;
  const group = graph.sites[i]?.group ?? 1;
  const { key, value, ...others } = tensors;
  return [
    {
      stack,
      kind,
      layer,
      tensors: {
        ...others,
        ...(key ? { key: withoutRepeats(key, group) } : {}),
        ...(value ? { value: withoutRepeats(value, group) } : {}),
      },
    },
  ];
}

/** All inputs of a graph, as its sessions take them. */
function fed({ graph }: Part, feeds: Feeds): RuntimeTensors {
  const { signature } = graph.loaded;
  return completeFeeds(signature, filledUp(signature, feeds).feeds);
}

/** Rows of the texts that a graph is fed, and how many tokens they have. */
function sizeOfTexts({ graph }: Part, feeds: Feeds) {
  const { roles } = graph.loaded.signature;
  const texts = Object.entries(feeds).flatMap(([name, { dims }]) => {
    const role = roles.get(name);
    return role === 'tokens' || role === 'hidden' ? [dims] : [];
  });
  return { rows: texts[0]?.[0] ?? 1, tokens: texts.flatMap(([, count]) => count ?? []) };
}

function plus(a: Tensor, b: Tensor): Tensor {
  return { dims: a.dims, data: a.data.map((value, i) => value + (b.data[i] ?? NaN)) };
}

function plusBias({ dims, data }: Tensor, bias: Float32Array): Tensor {
  return { dims, data: data.map((value, i) => value + (bias[i % bias.length] ?? NaN)) };
}
