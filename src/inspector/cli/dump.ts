import type { Stack } from '../../protocol/model';
import { scores } from '../attention/scores';
import type { ModelRun } from '../model/instrumentedModel';
import type { Tensor } from '../runtime/tensor';

/**
 * Every tensor of a run by the name that dumps and capture files give it:
 * `<stack>.layers.<i>.<self|cross>.<query|key|value|scores|maskedScores|weights|headOutput>`,
 * `<stack>.hiddenStates.<i>`, `logits`. Batch is kept as the first dimension.
 */
export function namedTensors(run: ModelRun): Map<string, Tensor> {
  const named = new Map<string, Tensor>();
  for (const { site, ...tensors } of run.sites) {
    const prefix = `${site.stack}.layers.${site.layer}.${site.kind}`;
    for (const [name, tensor] of Object.entries(tensors)) named.set(`${prefix}.${name}`, tensor);
    if (tensors.query && tensors.key) {
      named.set(`${prefix}.scores`, scores(site, tensors.query, tensors.key));
    }
  }
  for (const [stack, states] of Object.entries(run.hiddenStates) as [Stack, Tensor[]][]) {
    for (const [i, state] of states.entries()) named.set(`${stack}.hiddenStates.${i}`, state);
  }
  if (run.logits) named.set('logits', run.logits);
  return named;
}
