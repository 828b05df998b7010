import { keepDrawn } from '../../app/keepDrawn';
import type { State } from '../../app/state';
import { button } from '../../kit/controls';
import { el, fill, tokenSpan } from '../../kit/dom';
import { weight2 } from '../../reading/format';
import { scientific } from '../../reading/numbers';
import { INPUTS, placeName } from './parts';
import { hasStacks, probeTokens, reportOf, shownProbe } from './report';
import { errorText } from './words';
import type { DivergencePanel } from './wishes';

/** The first place in numbers, what may have caused it, and the way there. */
export function createPlacePane({ store, divergence }: DivergencePanel): HTMLElement {
  const there = button(
    'Go there',
    () => {
      const first = shownProbe(store.state)?.first;
      if (first) divergence.open(first, first.worst);
    },
    { secondary: true, icon: 'target' },
  );
  const numbers = el('dl.number-list');
  const cause = el('p.divergence-cause');
  keepDrawn(
    store,
    state => [state.divergence.run, state.options.divergence],
    state => {
      const first = shownProbe(state)?.first;
      there.hidden = !first;
      fill(numbers, ...numberRows(state).flatMap(([name, value]) => [el('dt', name), value]));
      cause.textContent = first?.cause ?? noPlace(state);
    },
  );
  const head = el('div.pane-head', el('h3', 'First place'), el('span.spacer'), there);
  return el('section.section', { 'aria-label': 'First place' }, head, numbers, cause);
}

/** What is said where no place makes an error of its own. */
function noPlace(state: State): string {
  const steps = shownProbe(state)?.largestSteps.length ?? 0;
  const listed =
    steps > 0 ? ' Listed: where errors grow most, from what goes in to what comes out.' : '';
  return `On this text no place is beyond rounding against its inputs.${listed}`;
}

const value = (text: string): HTMLElement => el('dd.number', text);

function numberRows(state: State): [string, HTMLElement][] {
  const report = reportOf(state);
  const probe = shownProbe(state);
  if (!report || !probe) return [];
  const { first } = probe;
  if (!first) {
    return probe.largestSteps.map(step => [
      placeName(step, hasStacks(state)),
      value(`${errorText(step.ofInputs)} → ${errorText(step.error)}`),
    ]);
  }
  const { error, kind, layer, ofInputs, worst, node } = first;
  const relative = Number.isFinite(error) && kind === 'weights';
  const inputs = layer === 'embeddings' ? 'the same ids' : INPUTS[kind];
  const agree = ofInputs <= report.floor && layer !== 'embeddings' ? ' agree' : '';
  const token = probeTokens(state, probe)[worst.token];
  const most = el('dd.number');
  if (token) most.append(tokenSpan(token.name, 'query'));
  most.append(` ${worst.token}${worst.head === undefined ? '' : `, head ${worst.head}`}`);
  return [
    ['Where', value(placeName(first, hasStacks(state)))],
    ['Relative error', value(relative ? `${weight2(error)} of a row` : errorText(error))],
    [
      'Its inputs',
      value(
        layer === 'embeddings'
          ? inputs
          : `${errorText(ofInputs)} (${inputs}${agreeing(inputs, agree)})`,
      ),
    ],
    ['Rounding explains', value(scientific(report.floor))],
    ['Most at token', most],
    ...(node
      ? ([['Node', value(`${node.operator} ${node.name}`)]] as [string, HTMLElement][])
      : []),
  ];
}

/** “scores agree”, “residual agrees”. */
const agreeing = (inputs: string, agree: string): string =>
  agree === '' || /s$/.test(inputs) ? agree : `${agree}s`;
