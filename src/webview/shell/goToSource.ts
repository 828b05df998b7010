import {
  moduleName,
  placeOf,
  shortPlace,
  type SiteSource,
  type SourceFit,
  type SourcePlace,
  type SourceStage,
} from '../../protocol/source';
import type { CaptureSummary } from '../../protocol/capture';
import type { Panel } from '../app/panel';
import type { SourceOutcome, State } from '../app/state';
import { activeStage, Stage } from '../app/choices/step';
import { el, fill, icon } from '../kit/dom';
import { sameBlock, siteAt } from '../reading/capture';
import type { Locus } from '../reading/place';

/** Where the attention on show is written; undefined where its graph does not tell. */
export function sourceOnShow({ capture, locus }: State): SiteSource | undefined {
  return capture && locus ? siteAt(capture, locus.block, locus.layer)?.source : undefined;
}

/** The step of the source that each stage of the computation is; the first one projects three times. */
const STEPS: Readonly<Record<number, SourceStage>> = {
  [Stage.project]: 'query',
  [Stage.dotProduct]: 'scores',
  [Stage.scale]: 'scores',
  [Stage.mask]: 'mask',
  [Stage.softmax]: 'softmax',
  [Stage.weightedSum]: 'headOutput',
  [Stage.output]: 'output',
};

/** The step at which the computation is paused. */
export function stepOnShow({ step }: State): SourceStage {
  return STEPS[activeStage(step)] ?? 'softmax';
}

/** The step that stands for a whole head: its softmax, or the first one that has a place. */
export function stepOfHead(source: SiteSource | undefined): SourceStage {
  if (placeOf(source, 'softmax')) return 'softmax';
  return source?.places[0]?.stages[0] ?? 'softmax';
}

/** Makes the command go where the focus is, in Computation to the stage that is paused at, else to the head. */
export function answerGoToSource({ store, actions, commands }: Panel): void {
  commands.answer('goToSource', () => {
    const { state } = store;
    const source = sourceOnShow(state);
    const focused = document.activeElement?.closest<HTMLElement>('[data-stage]')?.dataset['stage'];
    const stages = source?.places.flatMap(place => place.stages) ?? [];
    const isComputation = state.options.view === 'computation';
    const otherwise = isComputation ? stepOnShow(state) : stepOfHead(source);
    actions.goToSource(stages.find(stage => stage === focused) ?? otherwise);
  });
}

/** What hovering over a way to the source says. */
export function sourceTitle(source: SiteSource, place: SourcePlace): string {
  const lines = [`Go to Source (F12): ${shortPlace(place)}`, place.code, moduleName(source)];
  return lines.filter(Boolean).join('\n');
}

/** Goes to where the head on show is written; hidden where its graph does not tell. */
export function createSourceButton({ store, actions }: Panel): HTMLElement {
  const button = el(
    'button.source-button',
    { on: { click: () => actions.goToSource(stepOfHead(sourceOnShow(store.state))) } },
    icon('go-to-file'),
    'Go to Source',
  );
  store.select(
    state => [sourceOnShow(state)],
    source => {
      const place = placeOf(source, stepOfHead(source));
      button.hidden = !place;
      if (source && place) button.title = sourceTitle(source, place);
    },
  );
  return button;
}

/** Says what came of going to the source, where that was not simply done. */
export function createSourceNote({ store }: Panel): HTMLElement {
  const note = el('div.source-note', { role: 'status' });
  store.select(
    state => [state.sourceOutcome, state.capture, state.locus, sourceOnShow(state)],
    (outcome, capture, locus, source) => {
      const here = outcome && capture && locus && isOf(outcome, capture, locus) ? outcome : null;
      const place = here ? placeOf(source, here.stage) : undefined;
      fill(note, ...(here && source && place ? noteOf(here.fit, source, place) : []));
      note.hidden = note.childElementCount === 0;
    },
  );
  return note;
}

const isOf = (outcome: SourceOutcome, capture: CaptureSummary, locus: Locus): boolean =>
  outcome.capture === capture.id &&
  outcome.layer === locus.layer &&
  sameBlock(outcome.block, locus.block);

function noteOf(fit: SourceFit, source: SiteSource, place: SourcePlace): HTMLElement[] {
  if (fit === 'same') return [];
  const name = shortPlace(place);
  const said: Readonly<Record<Exclude<SourceFit, 'same'>, string>> = {
    moved: `The line of ${name} stands elsewhere in the file that was found: it changed since the model was exported.`,
    changed: `The file that was found reads otherwise than ${name} did when the model was exported.`,
    missing: `${name} was not found on this machine; of a workspace that is not trusted, only its own files are looked at.`,
  };
  const sentence = el('p', said[fit]);
  if (fit !== 'missing') return [sentence];
  const address = `${place.file}:${place.line}`;
  const module = moduleName(source);
  const whole = [module, address, place.code].filter(Boolean).join('\n');
  return [
    sentence,
    el(
      'p.source-address',
      module !== '' && el('code', module),
      el('code', address),
      place.code !== undefined && el('code', place.code),
    ),
    copyButton(whole),
  ];
}

/** Copies a text; says when that is done, or that the browser did not allow it. */
function copyButton(text: string): HTMLElement {
  const label = el('span', 'Copy');
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      label.textContent = 'Copied';
    } catch {
      label.textContent = 'Not allowed to copy: select the text';
    }
  };
  return el('button.source-button', { on: { click: () => void copy() } }, icon('copy'), label);
}
