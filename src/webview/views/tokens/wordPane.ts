import type {
  WordTrace,
  BpeSteps,
  UnigramSteps,
  WordPieceSteps,
} from '../../../protocol/tokenTrace';
import { textOf, textStack } from '../../reading/capture';
import { el, fill, tokenSpan } from '../../kit/dom';
import type { Panel } from '../../app/panel';
import { hexBytes } from './facts';
import { wordPlace } from '../../reading/tokenLookup';
import { modelName } from './stages';
import { label, shorten, visible } from '../../reading/tokenText';
import { shownTrace, textToken, tracedToken } from './traces';
import { factList, tokenFacts } from './tokenFacts';
import { count, counted, score } from '../../reading/format';
import { bpeStates } from './bpeStates';
import { drawTable } from '../../kit/table';
import { drawLattice, fitsLattice } from './lattice';

/** The token at the locus: what is known about it, and step by step how the model came to it. */
export function createWordPane({ store }: Panel): HTMLElement {
  const title = el('h2');
  const facts = el('div');
  const heading = el('h3');
  const steps = el('div');
  const section = el('div.section.word-steps', heading, steps);
  const element = el(
    'aside.pane.side-pane.word-pane',
    { 'aria-label': 'Token' },
    el('div.pane-head', title),
    facts,
    section,
  );
  store.select(
    state => [state.capture, state.locus, state.trace],
    capture => {
      const { state } = store;
      const index = textToken(state);
      const tokens = capture?.tokens[textStack(capture)];
      if (!capture || !tokens || index === null) return;
      fill(title, 'Token ', tokenSpan(label(tokens[index])));
      const traced = shownTrace(state);
      fill(facts, factList(tokenFacts(tokens, index, textOf(capture, tokens[index]), traced)));
      const at = tracedToken(state);
      const place = traced && at !== null ? wordPlace(traced.trace, at) : null;
      section.hidden = !place;
      if (!place) return;
      const { word } = place;
      heading.textContent = modelName([word]) || 'Steps';
      heading.append(' on ', tokenSpan(shorten(visible(word.word.text), 40)));
      fill(steps, ...drawSteps(word));
    },
  );
  return element;
}

function drawSteps(word: WordTrace): HTMLElement[] {
  const { steps, bytes } = word;
  const note = (text: string): HTMLElement => el('p.step-note', { text });
  const drawn = bytes ? [el('p.step-note', 'Bytes of the word ', tokenSpan(hexBytes(bytes)))] : [];
  switch (steps.kind) {
    case 'BPE':
      return [...drawn, ...drawBpe(steps)];
    case 'WordPiece':
      return [...drawn, ...drawWordPiece(steps)];
    case 'Unigram':
      return [...drawn, ...drawUnigram(steps, word.word.text)];
    case 'WordLevel':
      return [
        note(steps.known ? 'The vocabulary has the word.' : 'The vocabulary lacks the word.'),
      ];
    case 'omitted':
      return [note('The word is too long for its steps to be listed.')];
  }
}

/** What is listed: merges, candidates of a table, and candidates of each piece. */
const LISTED = { merges: 60, candidates: 20, missed: 8 };

/** The merges of a word in the order in which they were done, with the word as it stood after each. */
function drawBpe(steps: BpeSteps): HTMLElement[] {
  if (steps.isWhole) {
    return [
      note('The vocabulary has this word, so the tokenizer looked for no merges (ignore_merges).'),
    ];
  }
  const states = bpeStates(steps);
  const rest = steps.merges.length - LISTED.merges;
  return [
    note(`Starts as ${counted(steps.symbols.length, 'symbol')}`),
    el('p.step-symbols', ...symbolsOf(steps.symbols, -1)),
    note(steps.merges.length > 0 ? 'Merges in order: rank, then the word after it' : 'No merges'),
    el(
      'ol.steps',
      ...steps.merges.slice(0, LISTED.merges).map(({ rank, id }, i) => {
        const { symbols, at } = states[i] ?? { symbols: [], at: -1 };
        const title = `Line ${count(rank)} of the merge table; id ${count(id)}`;
        return step(count(rank), symbolsOf(symbols, at), title);
      }),
    ),
    ...(rest > 0 ? [note(`${counted(rest, 'more merge')}, not listed`)] : []),
  ];
}

const symbolsOf = (symbols: readonly string[], at: number): HTMLElement[] =>
  symbols.map((text, i) => symbol(visible(text), i === at ? ' merged' : ''));

/** The most probable segmentations with their scores, and the candidates that they are made of. */
function drawUnigram(steps: UnigramSteps, word: string): HTMLElement[] {
  const items = steps.segmentations.map(({ pieces, score: total }, i) =>
    step(
      score(total),
      pieces.map(piece => symbol(visible(piece), i === 0 ? ' merged' : '')),
    ),
  );
  const best = steps.segmentations[0]?.pieces ?? [];
  return [
    note('Log probability of each way to split the word, best first'),
    el('ol.steps', ...items),
    note(`Lattice: ${counted(steps.lattice.length, 'candidate piece')} with log probability`),
    fitsLattice(steps, word) ? drawLattice(steps, word, best) : candidateTable(steps),
  ];
}

/** The candidates as a table, where there are too many to draw. */
function candidateTable({ lattice }: UnigramSteps): HTMLElement {
  const place = el('div.table');
  const longest = [...lattice].sort((a, b) => b.to - b.from - (a.to - a.from));
  const ranked = longest.slice(0, LISTED.candidates);
  drawTable(place, {
    caption: `The ${ranked.length} longest of ${counted(lattice.length, 'candidate piece')}`,
    columns: ['Piece', 'At', 'Log probability'],
    rows: ranked.map(({ text, from, score: value }) => [visible(text), String(from), score(value)]),
  });
  return place;
}

/** The search for the longest piece, once for each piece of the word. */
function drawWordPiece(steps: WordPieceSteps): HTMLElement[] {
  if (steps.isTooLong) {
    return [note('The word has more characters than the tokenizer reads in one word.')];
  }
  const muted = (text: string): HTMLElement => el('span.muted', { text });
  const items = steps.matches.map(({ from, missed, match }) => {
    const rest = missed.length - LISTED.missed;
    return step(
      `at ${count(from)}`,
      [
        ...missed.slice(0, LISTED.missed).map(missedSymbol),
        ...(rest > 0 ? [muted(`${count(rest)} more`)] : []),
        match === undefined ? muted('no match') : symbol(shortened(match), ' merged'),
      ],
      'Character of the word at which the search begins',
    );
  });
  return [
    note('Longest first: pieces that the vocabulary lacks, then the one it has'),
    el('ol.steps', ...items),
  ];
}

const note = (text: string): HTMLElement => el('p.step-note', { text });

/** One step of a list: its number, which `title` explains, and what came of it. */
const step = (number: string, symbols: readonly HTMLElement[], title = ''): HTMLElement =>
  el(
    'li',
    el('span.step-number.number', { title, text: number }),
    el('span.step-symbols', ...symbols),
  );

const shortened = (text: string): string => shorten(visible(text), 40);

function symbol(text: string, kind: '' | ' merged' | ' missed'): HTMLElement {
  const span = tokenSpan(text);
  span.className = `symbol${kind}`;
  return span;
}

function missedSymbol(text: string): HTMLElement {
  const span = symbol(shortened(text), ' missed');
  span.append(el('span.visually-hidden', ', not found'));
  return span;
}
