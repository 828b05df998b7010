import type { Prediction } from '../../protocol/outputs';
import { el, fill } from '../kit/dom';
import { shorten, visible } from '../reading/tokenText';

/** Longest name of an entry. */
const LIMIT = 32;

let fields = 0;

/** Names of entries as people type them: without the white space around, where that leaves one entry alone. */
export function entryNames(entries: readonly Prediction[]): ReadonlyMap<number, string> {
  const trimmed = entries.map(({ text }) => text.trim());
  const counts = new Map<string, number>();
  for (const name of trimmed) counts.set(name, (counts.get(name) ?? 0) + 1);
  return new Map(
    entries.map(({ id, text }, i) => {
      const short = trimmed[i] ?? '';
      const isAlone = short !== '' && counts.get(short) === 1;
      return [id, shorten(visible(isAlone ? short : text), LIMIT)];
    }),
  );
}

/**
 * The entry that people mean: by its name, by its text, or by its number after `#`.
 * @returns null where the entries have none of that name
 */
export function entryMeant(typed: string, entries: readonly Prediction[]): number | null {
  const wanted = typed.trim();
  const [, number] = /^#(\d+)$/.exec(wanted) ?? [];
  if (number !== undefined) return Number(number);
  const names = entryNames(entries);
  const named = entries.find(({ id }) => names.get(id) === wanted);
  const spelled = named ?? entries.find(({ text }) => text === typed || text.trim() === wanted);
  return wanted === '' ? null : (spelled?.id ?? null);
}

/** A field for one entry of the vocabulary: the likeliest are offered while people type. */
export interface EntryField {
  readonly element: HTMLElement;
  show(entries: readonly Prediction[], current: number | null): void;
}

/**
 * @param choose takes the entry that people mean
 * @param refuse is told what was typed where no entry is meant
 */
export function entryField(
  name: string,
  choose: (id: number) => void,
  refuse: (typed: string | null) => void,
): EntryField {
  const list = el('datalist', { id: `entries-${fields++}` });
  let [known, shown]: [readonly Prediction[], string] = [[], ''];
  const input = el('input.field.entry-field', {
    type: 'text',
    'aria-label': name,
    title: `${name}: type one of the likeliest, or # and a number of the vocabulary`,
    spellcheck: 'false',
    autocomplete: 'off',
    on: {
      focus: () => input.select(),
      change: () => {
        const id = entryMeant(input.value, known);
        refuse(id === null ? input.value : null);
        if (id === null) input.value = shown;
        else choose(id);
      },
    },
  });
  input.setAttribute('list', list.id);
  return {
    element: el('span.entry', input, list),
    show: (entries, current) => {
      const names = entryNames(entries);
      if (known !== entries) {
        fill(list, ...entries.map(({ id }) => optionOf(names.get(id) ?? '')));
      }
      known = entries;
      shown = current === null ? '' : (names.get(current) ?? `#${current}`);
      input.style.setProperty('width', `${Math.max(8, Math.min(20, shown.length + 5))}ch`);
      if (input.value !== shown && document.activeElement !== input) input.value = shown;
    },
  };
}

function optionOf(value: string): HTMLElement {
  const option = el('option');
  option.value = value;
  return option;
}
