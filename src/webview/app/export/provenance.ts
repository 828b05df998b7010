import type { CaptureSummary } from '../../../protocol/capture';
import { InspectorError } from '../../../protocol/errors';
import { isOn } from '../../../protocol/intervention';
import { runList, type InterventionList } from '../interventions/list';
import { plainCapture } from '../interventions/wanted';
import { wordsOf } from '../interventions/words';
import { plainText } from '../sentence';
import { blockName, siteAt } from '../../reading/capture';
import { counted } from '../../reading/format';
import { cellsHold } from '../../draw/measure';
import type { State } from '../state';
import { keyUnits, queryUnits } from '../../reading/units';
import { shownScale } from '../viewPalette';
import type { Fact } from '../../draw/file/figureTable';

/** Longest text that a file repeats. */
const LONGEST_TEXT = 10_000;
/** Most interventions that a file names. */
const MOST_NAMED = 20;

/** What every file says about itself: model, text, where in it, how it is coloured, and the sentence. */
export function provenance(state: State, title: string, sentence: string): Fact[] {
  const { capture, locus, options } = state;
  if (!capture || !locus) {
    throw new InspectorError('capture-missing', 'There is no figure to export. Run a text first.');
  }
  const { model, text, target, file } = capture;
  const heads = siteAt(capture, locus.block, locus.layer)?.heads ?? 0;
  const on = runList(state).filter(isOn);
  const facts: (Fact | false)[] = [
    ['Figure', title],
    ['Sentence', sentence],
    ['Model', `${model.name} (${model.architecture}, ${model.precision})`],
    file !== undefined && ['Capture file', file.split(/[\\/]/).at(-1) ?? file],
    ['Text', cut(text)],
    target !== undefined && ['Target', cut(target)],
    on.length > 0 && ['Interventions', listed(on, plainCapture(state) ?? capture)],
    ['Attention', blockName(locus.block)],
    ['Locus', place(state)],
    ['Cells', cellsHold(locus, heads)],
    ['Rows and columns', options.grouping === 'word' ? 'words' : 'tokens'],
    ['Scale', shownScale(state)],
    ['Colour map', options.colorMap],
  ];
  return facts.filter(fact => fact !== false);
}

/** Those of a run that are on, in words. */
function listed(on: InterventionList, capture: CaptureSummary): string {
  const said = on.slice(0, MOST_NAMED).map(one => plainText(wordsOf(one, capture).sentence));
  const more = on.length > MOST_NAMED ? `; and ${on.length - MOST_NAMED} more` : '';
  return `${said.join('; ')}${more}`;
}

/** Layer, head, query and key, counted from 0. */
function place({ capture, locus, options }: State): string {
  if (!capture || !locus) return '';
  const queries = queryUnits(capture, locus.block, options.grouping);
  const keys = keyUnits(capture, locus.block, options.grouping);
  const single = locus.aggregate === 'head' || locus.aggregate === 'norm';
  const head = single ? `head ${locus.head}` : locus.aggregate;
  const query = `query ${locus.query} (${queries.label(queries.of(locus.query))})`;
  const key = locus.key === null ? '' : `, key ${locus.key} (${keys.label(keys.of(locus.key))})`;
  return `layer ${locus.layer}, ${head}, ${query}${key}`;
}

const cut = (text: string): string =>
  text.length <= LONGEST_TEXT
    ? text
    : `${text.slice(0, LONGEST_TEXT)}… (the first ${counted(LONGEST_TEXT, 'character')} of ${counted(text.length, 'character')})`;
