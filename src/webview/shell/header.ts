import { extent } from 'd3';
import type { CaptureSummary } from '../../protocol/capture';
import { layerCount } from '../../protocol/model';
import { siteAt, sitesOf } from '../reading/capture';
import { button, dropdown } from '../kit/controls';
import { append, el, fill, icon } from '../kit/dom';
import { count, counted, duration } from '../reading/format';
import type { Exporter } from '../app/export/exporter';
import { missingLayers, missingWords, refusalSentence } from '../reading/missingLayers';
import type { Panel } from '../app/panel';
import type { Locus } from '../reading/place';
import type { State } from '../app/state';
import { createHeaderActions } from './headerActions';
import { createOtherPicker } from './otherPicker';
import { countOn, runList } from '../app/interventions/list';
import { isOutdated, modelName } from '../kit/outdated';

/**
 * The band on top: model picker, badge, run state, and a line while something runs.
 * @param findings stands beside the state of a run, and for it where that says nothing else
 */
export function createHeader(
  panel: Panel,
  exporter: Exporter,
  canCompare: boolean,
  canIntervene: boolean,
  findings: HTMLElement | null,
): HTMLElement {
  const { store, actions } = panel;
  const picker = dropdown(
    'Model',
    reference => {
      if (reference === CHOOSE) {
        showModels();
        actions.remedy('chooseModel');
      } else if (reference !== FILE) actions.useModel(reference);
    },
    'symbol-structure',
  );
  picker.element.classList.add('picker');
  const badge = el('span.badge');
  const state = el('span.run-state');
  const cancel = button('Cancel', () => actions.cancel(), { secondary: true });
  const line = el('div.progress-line');
  const band = el('div.header-band');
  const more = createHeaderActions(panel, exporter, canCompare, canIntervene);
  const { a, b } = createOtherPicker(panel, badge);
  append(band, [a, picker.element, b, badge, el('span.spacer'), findings, state, cancel, more]);

  /** Reference of the model that made the numbers on show; null where there are none, or nobody says. */
  let maker: string | null = null;
  const showModels = (): void => {
    const { choices, current: chosen } = store.state.models;
    const file = fileName(store.state);
    const current = maker ?? chosen;
    const known = choices.some(choice => choice.reference === current);
    const entries = choices.map(choice => ({
      value: choice.reference,
      label: choice.label,
      title: choice.detail,
    }));
    const missing = { value: current, label: modelName(current, choices) };
    const shown = file === null ? (known ? null : missing) : { value: FILE, label: file };
    const other = { value: CHOOSE, label: 'Choose a model…', title: OTHER_MODELS };
    picker.show([...(shown ? [shown] : []), ...entries, other], shown?.value ?? current);
  };
  store.select(
    now => [now.models, fileName(now), now.run, now.capture],
    () => {
      const { run, capture } = store.state;
      if (run.kind === 'failed' || run.kind === 'empty') maker = null;
      else if (run.kind === 'ready' && run.capture.id === capture?.id) maker = run.model ?? null;
      showModels();
    },
  );
  store.select(
    now => [now.capture, now.locus, now.run.kind === 'failed'],
    (capture, locus, failed) => fill(badge, ...(failed ? [] : badgeParts(capture, locus))),
  );
  store.select(
    now => [now.run, now.sliceError],
    run => {
      const running = run.kind === 'running';
      fill(state, ...runState(store.state));
      state.classList.toggle('is-plain', isPlain(store.state));
      cancel.hidden = !running;
      line.classList.toggle('active', running);
      fill(
        line,
        running &&
          el('div.progress-bar', { role: 'progressbar', 'aria-label': run.progress.label }),
      );
    },
  );
  const title = el('h1.visually-hidden', 'Attention Debugger');
  return el('header.header', title, band, line);
}

/** Stands for the file on show among the references of models, which are paths or single words. */
const FILE = '\0file';
/** Stands for choosing another model. */
const CHOOSE = '\0choose';
const OTHER_MODELS = 'A list of all models, with what they are, and others on this machine';

/** The name of the capture file on show; null where a model was run. */
function fileName({ run }: State): string | null {
  if (run.kind !== 'ready' || run.capture.file === undefined) return null;
  return run.capture.file.split(/[\\/]/).at(-1) ?? run.capture.file;
}

function badgeParts(capture: CaptureSummary | null, locus: Locus | null): HTMLElement[] {
  if (!capture || !locus) return [];
  const sites = sitesOf(capture, locus.block);
  const layers = layerCount(capture.model, locus.block.stack);
  const missing = missingLayers(capture, locus.block);
  const shown = missing.length > 0 ? `${count(sites.length)} of ` : '';
  const title = missing.map(one => `Layer ${one.layer}: ${missingWords(one)}`).join('\n');
  const [fewest = 0, most = 0] = extent(sites, site => site.heads);
  const heads = fewest === most ? count(most) : `${count(fewest)}–${count(most)}`;
  const dimension = siteAt(capture, locus.block, locus.layer)?.headDim ?? 0;
  const stack = locus.block.stack === 'encoder' ? 'Encoder' : 'Decoder';
  const cross = locus.block.kind === 'cross' ? ' cross-attention' : '';
  const wide = ` · ${shown}${counted(layers, 'layer')} × ${heads} ${most === 1 ? 'head' : 'heads'} · d_head ${dimension}`;
  return [
    el('span.wide', { title }, el('b', stack + cross), wide),
    el(
      'span.narrow',
      { title },
      el('b', stack.slice(0, 3)),
      ` ${shown}${layers} × ${heads} · ${dimension}`,
    ),
  ];
}

/** Whether the state of the run is but its size and its time. */
function isPlain({ run, sliceError }: State): boolean {
  if (run.kind !== 'ready' || sliceError !== null || isOutdated(run)) return false;
  return countOn(runList(run)) === 0 && refusalSentence(run.capture) === null;
}

/** A tick only where every layer is shown and was checked. */
function stateIcon(isStale: boolean, refused: string | null): HTMLElement[] {
  if (isStale) return [icon('history')];
  if (refused === null) return [icon('pass-filled')];
  const sign = icon('warning');
  sign.title = refused;
  return [sign, el('span', { text: 'Layers missing ·', title: refused, class: 'wide' })];
}

/** The sign of a breakpoint, and how many interventions are on. */
function modifiedState(on: number, all: number): HTMLElement[] {
  const sign = icon('circle-large-filled');
  sign.classList.add('modified-dot');
  return [
    sign,
    el('span.wide', `modified: ${on} of ${all} on · `),
    el('span.narrow', `${on} on · `),
  ];
}

function runState({ run, sliceError }: State): (HTMLElement | string)[] {
  switch (run.kind) {
    case 'empty':
      return [];
    case 'running':
      return [
        el('span.spinner.codicon.codicon-loading', { 'aria-hidden': 'true' }),
        el('span.wide', run.progress.label),
        el('span.narrow', 'Running'),
      ];
    case 'failed':
      return [icon('error'), run.error.code === 'cancelled' ? 'Cancelled' : 'Not run'];
    case 'ready': {
      if (sliceError) return [icon('error'), 'Numbers missing'];
      const { tokens, timings } = run.capture;
      const sizes = [tokens.encoder, tokens.decoder].filter(list => list !== undefined);
      const total = timings.tokenize + timings.load + timings.run + timings.collect;
      const refused = refusalSentence(run.capture);
      const list = runList(run);
      const on = countOn(list);
      const isModified = on > 0 && !isOutdated(run);
      return [
        ...(isModified ? modifiedState(on, list.length) : stateIcon(isOutdated(run), refused)),
        ...(isModified
          ? []
          : [
              el('span.wide', `${sizes.map(list => counted(list.length, 'token')).join(' → ')} · `),
            ]),
        el('span', {
          text: duration(total),
          title: [
            `Tokenize ${duration(timings.tokenize)}`,
            timings.load > 0 ? `open the model ${duration(timings.load)}` : 'model was open',
            `run ${duration(timings.run)}`,
            `collect ${duration(timings.collect)}`,
          ].join(', '),
        }),
      ];
    }
  }
}
