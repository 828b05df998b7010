import { generatesAt } from '../../../protocol/continuation';
import type { Candidate, Distribution, Sampling } from '../../../protocol/layers';
import { button, numberField, slider } from '../../kit/controls';
import { el, fill, tokenSpan } from '../../kit/dom';
import { count, counted, percent, weight3 } from '../../reading/format';
import { layerError, layerNumber, nextTokenAt, outputTokens } from './wanted';
import type { LayersPanel } from './wishes';
import type { State } from '../../app/state';
import { label } from '../../reading/tokenText';
import { segmented } from '../../kit/segmented';
import { drawTable } from '../../kit/table';
import { barLane, barParts, shareBar } from '../../shell/weightBar';
import { entry } from './lensContent';
import { createSection } from './task';
import {
  LEAST_TOP_P,
  MOST_SEED,
  MOST_TEMPERATURE,
  MOST_TOP_K,
  SLIDER_TEMPERATURE,
} from '../../app/choices/layers';

/** Candidates that are listed. */
const LISTED = 10;

/** What a decoder would write next, and writing on token by token. */
export function createNextTokenPane(panel: LayersPanel): HTMLElement {
  const { store, layers } = panel;
  const { generation } = layers;
  const places = segmented<'last' | 'query'>('Place', place =>
    layers.setOption({ atQuery: place === 'query' }),
  );
  const section = createSection(panel, 'Next token', [places.element]);
  const { reason, table } = section;
  const heading = el('h3.cell-title');
  const list = el('div.layer-bars.candidates', { role: 'radiogroup', 'aria-label': 'Candidates' });
  const facts = el('p.muted.layer-note');
  /** The candidate that Step takes, by its id; null for the most probable one. */
  let chosen: number | null = null;
  const choose = (id: number | undefined): void => {
    chosen = id ?? null;
    draw();
    list.querySelector<HTMLElement>('[aria-checked="true"]')?.focus();
  };
  const step = button('Step', () => {
    const taken = chosenOf(layerNumber(store.state, 'distribution'), chosen);
    if (taken) generation.step(taken.id);
  });
  const sample = button('Sample', () => generation.sample(), { secondary: true });
  const back = button('Step back', () => generation.back(), { secondary: true });
  const reset = button('Reset', () => generation.reset(), { secondary: true });
  const buttons = el('div.layer-buttons', step, sample, back, reset);
  list.addEventListener('keydown', event => {
    const move = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    if (move === undefined || event.altKey) return;
    event.preventDefault();
    const found = layerNumber(store.state, 'distribution');
    const listed = listedOf(found);
    const at = listed.findIndex(one => one.id === chosenOf(found, chosen)?.id);
    choose(listed[Math.max(0, Math.min(listed.length - 1, at + move))]?.id);
  });
  section.body.append(heading, createSampling(panel), reason.element, list, facts, buttons, table);
  const draw = (): void => {
    const { state } = store;
    const at = nextTokenAt(state);
    section.element.hidden = at === null;
    if (at === null || !state.capture) return;
    places.show(
      [
        { value: 'last', label: 'Last token' },
        { value: 'query', label: 'Query' },
      ],
      state.options.layers.atQuery ? 'query' : 'last',
    );
    const tokens = outputTokens(state.capture);
    fill(heading, 'After ', tokenSpan(label(tokens[at], 16), 'query'), ` ${at}`);
    const error = layerError(state, 'distribution');
    reason.show(error);
    for (const element of [list, facts, buttons]) element.hidden = error !== null;
    if (error !== null) drawTable(table, null);
    const canWrite = state.run.kind === 'ready' && state.capture.file === undefined;
    const isAtEnd = at === generatesAt(state.capture);
    const written = state.capture.continuation?.length ?? 0;
    for (const one of [step, sample]) one.toggleAttribute('disabled', !canWrite || !isAtEnd);
    for (const one of [back, reset]) one.toggleAttribute('disabled', !canWrite || written === 0);
    const distribution = layerNumber(state, 'distribution');
    if (!distribution) return;
    drawCandidates(list, distribution, chosenOf(distribution, chosen), choose);
    facts.textContent = `${factsOf(distribution)}${writtenWords(state, isAtEnd)}`;
    drawTable(table, state.options.table && candidateTable(distribution));
  };
  section.follow(['distribution'], draw);
  store.select(state => [state.run.kind], draw);
  store.select(
    state => [state.capture?.id],
    () => (chosen = null),
  );
  return section.element;
}

const listedOf = (distribution: Distribution | undefined): readonly Candidate[] =>
  distribution?.candidates.slice(0, LISTED) ?? [];

/** What Step takes: the chosen candidate, else the most probable one. */
function chosenOf(distribution: Distribution | undefined, chosen: number | null): Candidate | null {
  const { candidates = [] } = distribution ?? {};
  return candidates.find(({ id }) => id === chosen) ?? candidates[0] ?? null;
}

function drawCandidates(
  list: HTMLElement,
  distribution: Distribution,
  taken: Candidate | null,
  choose: (id: number) => void,
): void {
  fill(
    list,
    ...listedOf(distribution).map(candidate => {
      const { id, text, probability, sampled } = candidate;
      const isTaken = id === taken?.id;
      const cut = sampled === 0 ? ', cut' : '';
      return el(
        'button',
        {
          class: sampled === 0 ? 'layer-bar is-cut' : 'layer-bar',
          title: `${entry(text, 24)}: probability ${weight3(probability)}, drawn with ${weight3(sampled)}`,
          role: 'radio',
          'aria-checked': String(isTaken),
          'aria-label': `${entry(text, 24)}, ${weight3(sampled)}${cut}`,
          tabindex: isTaken ? 0 : -1,
          on: { click: () => choose(id) },
        },
        ...barParts(
          tokenSpan(entry(text)),
          barLane(
            shareBar(sampled),
            el('b.bar-tick', { style: { left: `${probability * 100}%` } }),
          ),
          sampled === 0 ? 'cut' : weight3(sampled),
        ),
      );
    }),
  );
}

/** “12 of 30,000 kept, entropy 1.23 nats.” */
export function factsOf({ kept, vocabulary, entropy, candidates }: Distribution): string {
  const mass = candidates.reduce((sum, { sampled }) => sum + sampled, 0);
  const listed =
    kept > candidates.length
      ? ` Samples are drawn from the first ${counted(candidates.length, 'candidate')}, which hold ${percent(mass)}.`
      : '';
  return `${count(kept)} of ${count(vocabulary)} kept, entropy ${entropy.toFixed(2)} nats.${listed} The tick is the probability before.`;
}

function writtenWords({ capture }: State, isAtEnd: boolean): string {
  const written = capture?.continuation?.length ?? 0;
  if (capture?.file !== undefined) return ' A capture file cannot be written on: inspect a text.';
  if (!isAtEnd) return ' Steps go on from the last token.';
  return written === 0 ? '' : ` ${counted(written, 'token')} written so far.`;
}

function candidateTable(distribution: Distribution) {
  return {
    caption: 'Candidates for the next token, the 10 most probable',
    columns: ['Token', 'Logit', 'Probability', 'Drawn with'],
    rows: listedOf(distribution).map(({ text, logit, probability, sampled }) => [
      entry(text, 24),
      logit.toFixed(3),
      weight3(probability),
      weight3(sampled),
    ]),
  };
}

/** How the next token is chosen: temperature, top-k, top-p, and the seed of the samples. */
function createSampling({ store, layers }: LayersPanel): HTMLElement {
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
    'div.sampling',
    { role: 'group', 'aria-label': 'Sampling' },
    temperature.element,
    topP.element,
    topK.element,
    seed.element,
  );
}
