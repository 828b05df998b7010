/*
 * Turns annotated sentences in JSON lines into CoNLL-U that the probes read:
 *   xz -dc sentences.jsonl.xz | node --import tsx models/treebank/fromProbe.ts ewt > ewt.conllu
 * A line holds { id, src, text, tok: [start, end][], pos, rel, head, chunk, ent, coref, split }; places count from
 * 0 in Unicode characters and −1 is the root. One CoNLL-U sentence comes out for each tree of a line, because a
 * line may hold several. Nested entities are reduced to the outermost, coreference to what lies in one tree.
 */
import { createInterface } from 'node:readline';

type Places = readonly (readonly [number, number])[];
interface Line {
  readonly id: string;
  readonly src: string;
  readonly text: string;
  readonly tok: Places;
  readonly pos: readonly string[];
  readonly rel: readonly string[] | null;
  readonly head: readonly number[] | null;
  readonly chunk: readonly string[] | null;
  readonly ent: readonly (readonly [number, number, string])[] | null;
  readonly coref: readonly (readonly [number, number, number])[] | null;
  readonly split: string;
}

const wanted = process.argv[2] ?? 'ewt';
for await (const text of createInterface({ input: process.stdin })) {
  const line = JSON.parse(text) as Line;
  if (line.src === wanted && line.head !== null) process.stdout.write(convert(line, line.head));
}

/** The sentences of one line: their words run from one tree to the next. */
function convert(line: Line, heads: readonly number[]): string {
  const tree = heads.map((_, i) => rootOf(heads, i));
  const out: string[] = [];
  for (let first = 0, count = 1; first < heads.length; count++) {
    let last = first;
    while (tree[last + 1] === tree[first]) last++;
    out.push(...sentence(line, heads, first, last, `${line.id}-${count}`));
    first = last + 1;
  }
  return out.map(each => `${each}\n`).join('');
}

function rootOf(heads: readonly number[], from: number): number {
  let at = from;
  for (let head = heads[at] ?? -1; head >= 0; head = heads[at] ?? -1) at = head;
  return at;
}

function sentence(
  line: Line,
  heads: readonly number[],
  first: number,
  last: number,
  id: string,
): readonly string[] {
  const characters = Array.from(line.text);
  const piece = (start: number, end: number) => characters.slice(start, end).join('');
  const at = (i: number) => line.tok[i] ?? ([0, 0] as const);
  const text = piece(at(first)[0], at(last)[1]).replace(/\s+/g, ' ');
  const rows: string[] = [];
  for (let i = first; i <= last; i++) {
    const form = piece(...at(i));
    const head = heads[i] ?? -1;
    const local = head < 0 ? 0 : head - first + 1;
    const misc = miscOf(line, i, first, last).join('|') || '_';
    const rel = line.rel?.[i] ?? 'dep';
    rows.push(
      [i - first + 1, form, '_', line.pos[i] ?? 'X', '_', '_', local, rel, '_', misc].join('\t'),
    );
  }
  return [`# sent_id = ${id}`, `# split = ${line.split}`, `# text = ${text}`, ...rows, ''];
}

function miscOf(line: Line, i: number, first: number, last: number): readonly string[] {
  const chunk = line.chunk?.[i] ?? 'O';
  const entities = (line.ent ?? []).filter(each => each[0] <= i && i <= each[1]);
  const entity = entities.sort((a, b) => b[1] - b[0] - (a[1] - a[0]))[0];
  const mentions = (line.coref ?? [])
    .map(([cluster, start, end]) => ({ cluster, start, end }))
    .filter(({ start, end }) => start >= first && end <= last)
    .sort((a, b) => a.start - b.start || b.end - a.end);
  const opened = mentions.filter(each => each.start === i && each.end > i);
  const single = mentions.filter(each => each.start === i && each.end === i);
  const closed = mentions.filter(each => each.end === i && each.start < i).reverse();
  const brackets = [
    ...opened.map(each => `(${each.cluster}`),
    ...single.map(each => `(${each.cluster})`),
    ...closed.map(each => `${each.cluster})`),
  ].join('');
  return [
    ...(chunk === 'O' ? [] : [`Chunk=${chunk}`]),
    ...(brackets === '' ? [] : [`Coref=${brackets}`]),
    ...(entity === undefined ? [] : [`Entity=${i === entity[0] ? 'B' : 'I'}-${entity[2]}`]),
  ];
}
