import type { TextTrace } from '../../../protocol/panel';
import { dropdown } from '../../kit/controls';
import { el, fill } from '../../kit/dom';
import { count, counted } from '../../reading/format';
import type { Panel } from '../../app/panel';
import { compareTraces, type Comparison, type Segment } from './compare';
import { shorten, visible } from '../../reading/tokenText';
import { shownTrace } from './traces';
import { createPane } from '../../shell/pane';
import { Gloss } from './gloss';
import { glossActions, litRange } from './glossActions';
import type { GlossColumn, GlossContent, GlossPart } from './glossLine';

const NONE = { value: '', label: 'Choose a model…' };

/** The text through two tokenizers, one above the other. */
export function createComparePane(panel: Panel): HTMLElement {
  const { store, actions } = panel;
  const choice = dropdown('Second tokenizer', reference =>
    actions.setOption({ compareWith: reference }),
  );
  const pane = createPane(panel, 'Compare with', choice.element);
  pane.element.classList.add('compare-pane');
  const summary = el('p.pane-sentence', { role: 'status' });
  const gloss = new Gloss('The text through two tokenizers', glossActions(panel));
  pane.body.append(summary, gloss.element);
  store.select(
    state => [state.models, state.options.compareWith],
    ({ choices }, chosen) => {
      const known = choices.map(one => ({
        value: one.reference,
        label: one.label,
        title: one.detail,
      }));
      choice.show([NONE, ...known], known.some(one => one.value === chosen) ? chosen : '');
    },
  );
  store.select(
    state => [state.trace, state.otherTrace, state.capture, state.options.compareWith],
    (_trace, other, capture, chosen) => {
      const own = shownTrace(store.state);
      const isCurrent = other?.capture === capture?.id && chosen !== '';
      const second = isCurrent && other && 'value' in other ? other.value : null;
      const error = isCurrent && other && 'error' in other ? other.error.message : null;
      gloss.element.hidden = !own || !second;
      summary.classList.toggle('failed', error !== null);
      if (own && second) {
        const comparison = compareTraces(own.text, own.trace, second.trace);
        gloss.show(comparisonGloss(own, second, comparison));
        fill(summary, comparisonSentence(own, second, comparison));
      } else fill(summary, error ?? (chosen === '' ? 'Choose a second tokenizer.' : 'Tokenizing…'));
    },
  );
  store.select(
    state => [litRange(state)],
    range => gloss.light(range),
  );
  return pane.element;
}

function comparisonSentence(own: TextTrace, second: TextTrace, comparison: Comparison): string {
  const [a, b] = comparison.counts;
  const { shared, onlyFirst, onlySecond, segments } = comparison;
  const [first, other] = namesOf(own, second);
  const head = `${counted(a, 'token')} from ${first}, ${count(b)} from ${other}, special ones not counted`;
  const differing = segments.filter(segment => !segment.agrees).length;
  if (differing === 0) return `${head}: they split this text at the same places.`;
  const only = (number: number, name: string): string =>
    number === 0 ? '' : `, ${count(number)} ${number === 1 ? 'is' : 'are'} only in ${name}`;
  const differ = `${counted(differing, 'place')} differ${differing === 1 ? 's' : ''}`;
  return `${head}; ${differ}: ${count(shared)} boundaries are shared${only(onlyFirst, first)}${only(onlySecond, other)}.`;
}

/** Names of the two, told apart where they are the same. */
function namesOf(own: TextTrace, second: TextTrace): [string, string] {
  const [a, b] = [own.model.label, second.model.label];
  return a === b ? [`${a} (this run)`, b] : [a, b];
}

function comparisonGloss(own: TextTrace, second: TextTrace, comparison: Comparison): GlossContent {
  const [first, other] = namesOf(own, second);
  const parts = ({ trace }: TextTrace, tokens: readonly number[], agrees: boolean): GlossPart[] =>
    tokens.map((at, i) => {
      const token = trace.tokens[at];
      const marks = [
        'begins ends',
        agrees ? '' : 'differs',
        token?.unknown ? 'unknown' : '',
        i > 0 || token?.continues ? 'continues' : '',
      ];
      return { text: token?.token ?? '', marks: marks.filter(Boolean).join(' ') };
    });
  const column = (segment: Segment): GlossColumn => {
    const text = own.text.slice(segment.start, segment.end);
    const say = (trace: TextTrace, tokens: readonly number[]): string =>
      tokens
        .slice(0, 8)
        .map(at => shorten(visible(trace.trace.tokens[at]?.token ?? ''), 40))
        .join(' ');
    const label = [
      shorten(visible(text), 60),
      `${first} ${counted(segment.first.length, 'token')}: ${say(own, segment.first)}`,
      `${other} ${counted(segment.second.length, 'token')}: ${say(second, segment.second)}`,
      segment.agrees ? '' : 'differs',
    ];
    return {
      range: { start: segment.start, end: segment.end },
      token: segment.first[0] ?? null,
      joined: false,
      label: label.filter(Boolean).join(', '),
      cells: [
        [{ text, marks: 'same' }],
        parts(own, segment.first, segment.agrees),
        parts(second, segment.second, segment.agrees),
      ],
    };
  };
  return {
    rows: [
      { name: 'Text', title: 'The characters', look: 'text' },
      { name: first, title: `Tokens of ${first}`, look: 'chips' },
      { name: other, title: `Tokens of ${other}`, look: 'chips' },
    ],
    columns: comparison.segments.map(column),
  };
}
