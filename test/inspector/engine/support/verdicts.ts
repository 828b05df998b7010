import assert from 'node:assert/strict';
import { dirname } from 'node:path';
import type { ModelRun, SiteCapture } from '../../../../src/inspector/model/run';
import { openModel } from '../../../../src/inspector/model/openModel';
import { plainSkeleton } from '../../../../src/inspector/onnx/rewrite/instrument';
import { readModel } from '../../../../src/inspector/onnx/file/readModel';
import * as ort from '../../../../src/inspector/runtime/ort';
import { Session, toTensor } from '../../../../src/inspector/runtime/session';
import type { Tensor } from '../../../../src/inspector/runtime/tensor';
import { InspectorError } from '../../../../src/protocol/errors';
import type { ModelCard } from '../../../../src/protocol/model';
import { worstError } from './cases';
import { modelOf, plainAttention, type modelWith } from './graphs';
import { everything } from './inspect';

export type Attention = Parameters<typeof modelWith>[0];

/** Token ids `[1, length]`, none of them like its neighbours. */
export function idsOf(length: number): { dims: number[]; data: BigInt64Array } {
  const data = BigInt64Array.from({ length }, (_, i) => BigInt((i * 7 + 3) % 23));
  return { dims: [1, length], data };
}

/** The card of a model. */
export async function cardOf(path: string): Promise<ModelCard> {
  const model = await openModel(path, { threads: 1 });
  await model.dispose();
  return model.card;
}

/** The card of a model and one run of a text. */
export async function ran(path: string, length = 10): Promise<[ModelCard, ModelRun]> {
  const model = await openModel(path, { threads: 1 });
  try {
    return [model.card, await model.run({ input_ids: idsOf(length) }, everything)];
  } finally {
    await model.dispose();
  }
}

/** Of each attention `exact`, `approximate`, or why it is refused. */
export function verdicts({ sites }: ModelCard): string[] {
  return sites.map(({ check }) => (check.result === 'refused' ? check.reason : check.result));
}

/** A tensor as the untouched graph computes it. */
export async function graphTensor(path: string, name: string, length: number): Promise<Tensor> {
  const session = await Session.open(plainSkeleton(readModel(path), name), dirname(path));
  const { dims, data } = idsOf(length);
  const got = await session.run({ input_ids: new ort.Tensor('int64', data, dims) }, [name]);
  await session.release();
  const tensor = got[name];
  assert.ok(tensor);
  return toTensor(tensor);
}

/** Outputs of all softmaxes, in their order. */
function softmaxesOf(path: string): string[] {
  const { nodes } = readModel(path).graph;
  return nodes.flatMap(node => (node.operator === 'Softmax' ? (node.outputs[0] ?? '') : []));
}

/** The numbers of a model's only attention. */
export function onlySite({ sites }: ModelRun): SiteCapture {
  const [site, ...others] = sites;
  assert.ok(site && others.length === 0);
  return site;
}

/**
 * Every attention is exact, and its weights are what the softmaxes of the untouched graph give for a short
 * and for a long text.
 */
export async function assertShown(path: string): Promise<ModelCard> {
  const names = softmaxesOf(path);
  const model = await openModel(path, { threads: 1 });
  try {
    assert.deepEqual(
      verdicts(model.card),
      names.map(() => 'exact'),
    );
    for (const length of [10, 40]) {
      const { sites } = await model.run({ input_ids: idsOf(length) }, everything);
      assert.equal(sites.length, names.length);
      for (const [i, name] of names.entries()) {
        const weights = sites[i]?.weights;
        const truth = await graphTensor(path, name, length);
        assert.deepEqual(weights?.dims, truth.dims);
        assert.ok(worstError(weights, truth) < 1e-5, `weights of ${length} tokens`);
      }
    }
  } finally {
    await model.dispose();
  }
  return model.card;
}

/**
 * An attention is refused for a reason: as the only one, where the model may be refused with it, and as the
 * second one, where the first one is shown.
 */
export async function assertRefused(attention: Attention, reason: RegExp): Promise<void> {
  for (const before of [[], [plainAttention]]) {
    const opened = await ran(modelOf([...before, attention])).catch((error: unknown) => {
      assert.ok(error instanceof InspectorError && before.length === 0, String(error));
      assert.match(error.message, reason);
      return undefined;
    });
    if (!opened) continue;
    const [card, run] = opened;
    const found = verdicts(card);
    assert.deepEqual(
      found.slice(0, -1),
      before.map(() => 'exact'),
    );
    assert.match(found.at(-1) ?? '', reason);
    assert.deepEqual(
      card.sites.map(({ layer }) => layer),
      [...before, attention].map((_, layer) => layer),
    );
    assert.equal(run.sites.length, before.length, 'a refused map is not shown');
    assert.match(card.notes.join(' '), reason);
    assert.ok(card.notes.every(note => note.length < 400));
  }
}
