import type { Sampling } from '../../../protocol/layers';
import { numberField, slider } from '../../kit/controls';
import { el } from '../../kit/dom';
import {
  LEAST_TOP_P,
  MOST_SEED,
  MOST_TEMPERATURE,
  MOST_TOP_K,
  SLIDER_TEMPERATURE,
} from '../../app/choices/layers';
import type { LayersPanel } from './wishes';

/** How the next token is chosen: temperature, top-k, top-p, and the seed of the samples. */
export function createSampling({ store, layers }: LayersPanel): HTMLElement {
  const set = (change: Partial<Sampling>): void =>
    layers.setOption({ sampling: { ...store.state.options.layers.sampling, ...change } });
  const temperature = slider('Temperature', {
    from: 0,
    to: SLIDER_TEMPERATURE,
    most: MOST_TEMPERATURE,
    step: 0.05,
    onChange: value => set({ temperature: value }),
  });
  const topP = slider('Top-p', {
    from: LEAST_TOP_P,
    to: 1,
    most: 1,
    step: 0.01,
    onChange: value => set({ topP: value }),
  });
  const topK = numberField('Top-k (0 keeps all)', {
    from: 0,
    to: MOST_TOP_K,
    onChange: value => set({ topK: value }),
  });
  const seed = numberField('Seed', {
    from: 0,
    to: MOST_SEED,
    onChange: value => layers.setOption({ seed: value }),
  });
  store.select(
    state => [state.options.layers],
    ({ sampling, seed: number }) => {
      temperature.show(sampling.temperature);
      topP.show(sampling.topP);
      topK.show(sampling.topK);
      seed.show(number);
    },
  );
  return el(
    'div',
    { class: 'sampling', attributes: { role: 'group', 'aria-label': 'Sampling' } },
    temperature.element,
    topP.element,
    topK.element,
    seed.element,
  );
}
