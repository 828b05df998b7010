import { holdsFor, isOn, type Intervention } from '../../../protocol/intervention';
import type { AttentionSite } from '../../../protocol/model';
import type { PointAt, PointOverride } from '../../model/run';
import type { Tensor } from '../../runtime/tensor';
import { meanOfRows } from './corpusMeans';
import { numbered, numberedAsync } from './numbered';
import type { RunParts } from './otherRuns';
import { checkHow } from './how';
import { maskNotes } from './openEdges';
import { Sources, type Source } from './sources';
import { Steps } from './steps';
import { isMap, targetsOf, wrong, type Target } from './target';
import { entryOf } from './tokenEdits';

/** What interventions make of a run. */
export interface MadeInterventions {
  readonly overrides: readonly PointOverride[];
  /** What people should know, one sentence each. */
  readonly notes: readonly string[];
}

/** An intervention that is on, at one of its layers, in the order in which they are made. */
interface Planned {
  readonly index: number;
  readonly one: Intervention;
  readonly target: Target;
}

/**
 * Turns interventions on numbers into what a run is told of each point. Other runs that numbers come from,
 * and the plain one, are made here.
 * @param sites of the model as the run has them
 * @throws InspectorError `inputs-wrong` with the intervention's number, before the run itself
 */
export async function makeInterventions(
  parts: RunParts,
  sites: readonly AttentionSite[],
  list: readonly Intervention[],
): Promise<MadeInterventions> {
  const { card } = parts.model;
  const notes: string[] = [];
  const planned = list.flatMap((listed, index): Planned[] => {
    if (!isOn(listed) || listed.at.point === 'token') return [];
    return numbered(index, () => {
      checkHow(listed);
      const one = isEntry(listed) ? { ...listed, at: { ...listed.at, layer: 0 } } : listed;
      const targets = targetsOf(card, sites, parts.tokens, one);
      const applying = targets.filter(({ chosenRows }) => chosenRows.length > 0);
      if (applying.length === 0) {
        notes.push(`Intervention ${index + 1} applies to nothing in this text.`);
      }
      notes.push(...groupNotes(index, one, applying));
      return applying.map(target => ({ index, one, target }));
    });
  });
  if (planned.length === 0) return { overrides: [], notes };

  const sources = new Sources(parts);
  for (const { index, one, target } of planned) {
    numbered(index, () => {
      for (const source of sourcesOf(parts, one, target)) sources.want(source, target.at);
    });
  }
  await sources.load();

  const points = new Map<string, { readonly target: Target; readonly steps: Steps }>();
  for (const { index, one, target } of planned) {
    await numberedAsync(index, async () => {
      const key = JSON.stringify(target.at);
      const width = widthOf(target, sources);
      const known = points.get(key) ?? { target, steps: new Steps(sizesOf(target, width)) };
      points.set(key, known);
      await apply(known.steps, one, target, sources, parts);
    });
  }
  const made = [...points.values()];
  for (const { target, steps } of made) notes.push(...maskNotes(target, steps));
  return {
    overrides: made.map(({ target, steps }) => ({ at: target.at, steps: steps.toRun() })),
    notes: [...new Set(notes)],
  };
}

/** Whether a state becomes that of a vocabulary entry, which only the stream before layer 0 can. */
function isEntry({ how }: Intervention): boolean {
  return 'text' in how || 'id' in how;
}

/** Runs whose numbers an intervention needs at one of its layers. */
function sourcesOf(parts: RunParts, one: Intervention, target: Target): readonly Source[] {
  const { how } = one;
  const plain = { plain: true } as const;
  if ('mean' in how) return [how.mean === 'text' ? plain : { corpus: true }, plain];
  if ('add' in how) {
    const { add } = how;
    return 'pairs' in add ? [plain, ...add.pairs.flatMap(pair => ofPair(pair))] : [plain];
  }
  if ('from' in how) return [plain, { run: how.from }];
  if (isEntry(one)) return [plain, entrySource(parts, how, target)];
  return [];
}

function ofPair({ plus, minus }: { readonly plus: string; readonly minus: string }): Source[] {
  return [{ run: { text: plus } }, { run: { text: minus } }];
}

function entrySource(
  { model, tokenizer }: RunParts,
  how: Intervention['how'],
  target: Target,
): Source {
  const id = entryOf(model.card, tokenizer, how);
  return { stack: target.at.stack, places: target.chosenRows, id };
}

/** Numbers of a row: 1 for maps, whose cells are changed one by one. */
function widthOf(target: Target, sources: Sources): number {
  if (isMap(target.at.point)) return 1;
  return sources.has({ plain: true }, target.at)
    ? (sources.tensor({ plain: true }, target.at).dims[3] ?? 1)
    : 1;
}

/** Makes one intervention at one of its layers. @throws InspectorError `inputs-wrong` */
async function apply(
  steps: Steps,
  { how, at, only }: Intervention,
  target: Target,
  sources: Sources,
  parts: RunParts,
): Promise<void> {
  const { chosenHeads, chosenRows, chosenKeys = [] } = target;
  const columns = isMap(at.point) ? chosenKeys : [0];
  const asked = (row: number) => columns.filter(column => holdsFor(only, row, column));
  const cells = (make: (head: number, row: number, column: number) => void) => {
    for (const head of chosenHeads) {
      for (const row of chosenRows) for (const column of asked(row)) make(head, row, column);
    }
  };
  if ('zero' in how) cells((head, row, column) => steps.replace(head, row, column));
  else if ('scale' in how) {
    cells((head, row, column) => steps.scale(head, row, column, how.scale));
  } else if ('block' in how) {
    cells((head, row, column) => steps.add(head, row, column, [-Infinity], 1));
  } else if ('force' in how) force(steps, target, how.force);
  else if ('add' in how) {
    const vector = await directionOf(how.add, target, sources);
    cells((head, row, column) =>
      steps.add(head, row, column, vector(head, columns.indexOf(column)), how.times ?? 1),
    );
  } else {
    const { tensor, rowOf } = replacement(how, target, sources, parts);
    const [, , rows = 1, width = 1] = tensor.dims;
    cells((head, row, column) => {
      const start = (head * rows + rowOf(row)) * width;
      const values = isMap(at.point)
        ? tensor.data.subarray(start + column, start + column + 1)
        : tensor.data.subarray(start, start + width);
      steps.replace(head, row, column, values);
    });
  }
}

interface Replacement {
  /** `[1, heads, rows, columns]`. */
  readonly tensor: Tensor;
  /** Its row for a row of the run. */
  readonly rowOf: (row: number) => number;
}

function replacement(
  how: Intervention['how'],
  target: Target,
  sources: Sources,
  parts: RunParts,
): Replacement {
  const { at, rows, keys } = target;
  const plain = sources.tensor({ plain: true }, at);
  if ('mean' in how) {
    const tensor = how.mean === 'text' ? meanOfRows(plain) : sources.tensor({ corpus: true }, at);
    return { tensor, rowOf: () => 0 };
  }
  if (!('from' in how)) {
    const tensor = sources.tensor(entrySource(parts, how, target), at);
    return { tensor, rowOf: row => row };
  }
  const tensor = sources.tensor({ run: how.from }, at);
  const [, heads = 1, others = 0, width = 1] = tensor.dims;
  const [, ownHeads = 1, , ownWidth = 1] = plain.dims;
  const isWide = keys === undefined && width !== ownWidth;
  if (heads !== ownHeads || isWide) {
    throw wrong(
      `The run that numbers are taken from has ${heads} heads of ${width} numbers there, and this one ${ownHeads} of ${ownWidth}: take them from a run of the same model.`,
    );
  }
  const { token } = how.from;
  if (keys !== undefined && width !== keys) {
    throw wrong(
      `The other run has ${width} keys and this one ${keys}: maps are taken from texts of as many tokens.`,
    );
  }
  if (token === undefined && others !== rows) {
    throw wrong(
      `The other run has ${others} tokens and this one ${rows}: name one token of it, whose numbers are taken, or choose a text of as many tokens.`,
    );
  }
  if (token !== undefined && token >= others) {
    throw wrong(`The other run has ${others} tokens: there is no token ${token}.`);
  }
  return { tensor, rowOf: row => token ?? row };
}

/** The vector that is added, by head; for maps the number of each key that is changed. */
async function directionOf(
  add: Extract<Intervention['how'], { readonly add: unknown }>['add'],
  { at, keys, chosenKeys = [] }: Target,
  sources: Sources,
): Promise<(head: number, column: number) => ArrayLike<number>> {
  const width = keys === undefined ? (sources.tensor({ plain: true }, at).dims[3] ?? 0) : undefined;
  if ('pairs' in add) {
    if (width === undefined)
      throw wrong('A mean over pairs of texts is added to states, not to maps.');
    return meanOfPairs(add.pairs, at, width, sources);
  }
  const vector = 'file' in add ? await sources.direction(add.file, add.tensor) : add;
  if (width !== undefined) {
    if (vector.length === width) return () => vector;
    throw wrong(`The vector that is added has ${vector.length} numbers, and there are ${width}.`);
  }
  if (vector.length !== 1 && vector.length !== chosenKeys.length) {
    throw wrong(
      `${vector.length} numbers are added to ${chosenKeys.length} keys: give one for all, or one for each.`,
    );
  }
  return (_, column) => [vector[vector.length === 1 ? 0 : column] ?? NaN];
}

/** Mean over pairs of texts of what the first has at its token and the second has not, by head. */
function meanOfPairs(
  pairs: readonly { readonly plus: string; readonly minus: string; readonly token: number }[],
  at: PointAt,
  width: number,
  sources: Sources,
): (head: number) => Float32Array {
  const rowOf = (text: string, head: number, token: number) => {
    const { dims, data } = sources.tensor({ run: { text } }, at);
    const [, , rows = 0] = dims;
    if (token >= rows) throw wrong(`“${text}” has ${rows} tokens: there is no token ${token}.`);
    return data.subarray((head * rows + token) * width, (head * rows + token + 1) * width);
  };
  return head => {
    const sums = new Float64Array(width);
    for (const { plus, minus, token } of pairs) {
      const [more, less] = [rowOf(plus, head, token), rowOf(minus, head, token)];
      for (let i = 0; i < width; i++) {
        sums[i] = (sums[i] ?? 0) + ((more[i] ?? NaN) - (less[i] ?? NaN));
      }
    }
    return Float32Array.from(sums, sum => sum / pairs.length);
  };
}

/** Weights of a row that are given: one for all keys that are named, or one for each. */
function force(steps: Steps, target: Target, weights: readonly number[]): void {
  const { chosenHeads, chosenRows, chosenKeys = [] } = target;
  if (weights.length !== 1 && weights.length !== chosenKeys.length) {
    throw wrong(
      `${weights.length} weights are given for ${chosenKeys.length} keys: give one for all, or one for each.`,
    );
  }
  const each = chosenKeys.map((_, i) => weights[weights.length === 1 ? 0 : i] ?? 0);
  const sum = each.reduce((total, weight) => total + weight, 0);
  if (each.some(weight => weight < 0) || sum > 1 + 1e-6) {
    throw wrong(
      `The weights that are given sum to ${sum.toPrecision(4)}: a row has 1 to give, and none less than 0.`,
    );
  }
  for (const head of chosenHeads) {
    for (const row of chosenRows) steps.force(head, row, chosenKeys, each);
  }
}

/** Heads that share their keys and values change together. */
function groupNotes(
  index: number,
  { at }: Intervention,
  targets: readonly Target[],
): readonly string[] {
  const { site } = targets[0] ?? {};
  const isShared = at.point === 'key' || at.point === 'value';
  if (!site || !isShared || !at.heads || site.keyHeads === site.heads) return [];
  const group = site.heads / site.keyHeads;
  return [
    `Intervention ${index + 1} changes the ${at.point} of a key head, which ${group} heads share: all of them read it.`,
  ];
}

function sizesOf({ heads, rows, keys }: Target, width: number) {
  return { heads, rows, columns: keys ?? 1, width };
}
