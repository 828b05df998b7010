import { basename } from 'node:path';
import { InspectorError } from '../../protocol/errors';
import type { FirstDivergence } from '../../protocol/firstDivergence';
import type { Stack } from '../../protocol/model';
import { openCapture } from '../capture/captureFile';
import { placesOf } from '../captureFile/tensorNames';
import type { Capture } from '../capture/capture';
import { SafetensorsFile } from '../files/safetensorsFile';
import { paddingToken } from '../huggingface/specialTokens';
import type { Heed } from '../model/pieces/piecesOf';
import { stackTokens, type StackTokens } from '../run/modelInput';
import { modelFolder } from '../source/source';
import type { ModelStore } from '../store/modelStore';
import type { AlignedTokenizer } from '../tokenizer/types';
import { compare } from './compare';
import { longProbe, paddedProbe, plainProbe, type ProbeText } from './probeTexts';
import { captureSide, modelSide, type Side } from './side';

/** One of two that are compared, and what is known of what it reads. */
export interface Source {
  readonly side: Side;
  /** Of a capture whose ids are known. */
  readonly tokens?: StackTokens;
  readonly tokenizer?: AlignedTokenizer;
}

/** How a comparison is followed. */
export interface Following {
  readonly tolerance?: number | undefined;
  readonly heed: Heed;
  readonly report: (done: number) => void;
}

/** Tokens of a text that are compared. */
const MOST_TOKENS = 4096;

/**
 * Opens a model, or a capture file where the file is one.
 * @throws InspectorError
 */
export async function openSource(path: string, store: ModelStore): Promise<Source> {
  if (await isCapture(path)) return captureSource(await openCapture(path));
  const side = modelSide(await store.model(path));
  const tokenizer = await store.tokenizer(path).catch((error: unknown) => {
    if (error instanceof InspectorError) return undefined;
    throw error;
  });
  return { side, ...(tokenizer ? { tokenizer } : {}) };
}

/** A capture as it is, with the ids that its run read where it says them. */
export function captureSource(capture: Capture): Source {
  const { tokens } = capture.summary;
  const all = [...(tokens.encoder ?? []), ...(tokens.decoder ?? [])];
  // One that was made elsewhere numbers its tokens and names no ids.
  const isKnown = all.some(({ id }) => id !== 0);
  return { side: captureSide(capture), ...(isKnown ? { tokens } : {}) };
}

/** Weights beside a configuration have the same ending. */
async function isCapture(path: string): Promise<boolean> {
  if (!path.endsWith('.safetensors')) return false;
  const fail = (what: string): never => {
    throw new InspectorError('capture-broken', `${basename(path)} cannot be opened: ${what}.`);
  };
  const { tensors } = await SafetensorsFile.open(path, fail);
  return placesOf(tensors).sites.length > 0;
}

/**
 * Splits a text for two sources: by the ids of a capture, else by the tokenizer of the first that has one.
 * @throws InspectorError where neither has one, or their ids do not mean the same
 */
export async function tokensFor(
  a: Source,
  b: Source,
  text: string,
  target: string,
): Promise<{ readonly tokens: StackTokens; readonly notes: readonly string[] }> {
  const known = a.tokens ?? b.tokens;
  if (known) return { tokens: known, notes: [] };
  const first = [a, b].find(({ side, tokenizer }) => side.model && tokenizer);
  const room = [a, b].map(({ side }) => side.card.maximumPositions ?? MOST_TOKENS);
  const most = Math.min(MOST_TOKENS, ...room);
  if (!first?.tokenizer || !first.side.model) {
    throw new InspectorError(
      'tokenizer-missing',
      `Neither ${a.side.card.name} nor ${b.side.card.name} has a tokenizer or tells ids: put a tokenizer.json beside one of them.`,
    );
  }
  const options = { maximumTokens: most };
  const { tokens } = first.tokenizer.encode(text, options);
  const other = first === a ? b : a;
  const theirs = other.tokenizer?.encode(text, options).tokens;
  const ids = await stackTokens(first.side.model, first.tokenizer, tokens, target, most);
  return { tokens: ids, notes: theirs ? differentIds(a, b, tokens, theirs) : [] };
}

interface Entry {
  readonly id: number;
  readonly token: string;
}

/**
 * What is said where two tokenizers split a text differently.
 * @throws InspectorError `inputs-wrong` where the ids of one mean nothing to the other
 */
export function differentIds(
  { side: { card: a } }: Source,
  { side: { card: b } }: Source,
  mine: readonly Entry[],
  theirs: readonly Entry[],
): readonly string[] {
  const at = mine.findIndex(({ id }, i) => id !== theirs[i]?.id);
  if (at < 0 && mine.length === theirs.length) return [];
  const i = at < 0 ? mine.length : at;
  const shown = (entry: Entry | undefined) =>
    entry ? `“${entry.token}” (${entry.id})` : 'no token';
  const what = `The tokenizers of ${a.name} and ${b.name} split this text differently: token ${i} is ${shown(mine[i])} in the one and ${shown(theirs[i])} in the other`;
  if (a.vocabulary === b.vocabulary) {
    return [`${what}. Both models were given the ids of ${a.name}.`];
  }
  throw new InspectorError(
    'inputs-wrong',
    `${what}, and their vocabularies have ${a.vocabulary.toLocaleString('en')} and ${b.vocabulary.toLocaleString('en')} entries, so that no ids mean the same to both. Compare two files of one model.`,
  );
}

/**
 * Compares two sources on the same tokens, and on what else both read.
 * @throws InspectorError `inputs-wrong` where they cannot be compared, `cancelled`
 */
export async function compareSources(
  a: Source,
  b: Source,
  tokens: StackTokens,
  notes: readonly string[],
  following: Following,
): Promise<FirstDivergence> {
  for (const source of [a, b]) checkRead(source, tokens);
  const others = await otherTexts(a, b, tokens);
  const texts = others.filter(one => typeof one !== 'string');
  const missing = [
    ...notes,
    ...others.filter(one => typeof one === 'string'),
    ...[a, b].flatMap(({ side }) => ofPast(side)),
  ];
  const options = { texts: [plainProbe(tokens), ...texts] as const, missing, ...following };
  try {
    return await compare(a.side, b.side, options);
  } finally {
    // Their sessions hold the weights a second time.
    for (const { side } of [a, b]) await side.model?.inside().release();
  }
}

/** What files are given that go on from the keys and values of earlier runs. */
function ofPast({ card, model }: Side): readonly string[] {
  if (!model?.inputs.some(({ role }) => role === 'past')) return [];
  return [
    `${card.name} was given an empty past: how it goes on from the keys and values of earlier tokens is not compared.`,
  ];
}

/** A capture must be of the same ids, or of as many tokens where it tells none. */
function checkRead({ side, tokens: own }: Source, tokens: StackTokens): void {
  const { card, captured } = side;
  if (!captured) return;
  for (const [i, stack] of card.stacks.entries()) {
    const read = tokens[stack] ?? tokens[(Object.keys(tokens) as Stack[])[i] ?? stack] ?? [];
    const count = captured[stack] ?? 0;
    const mine = own?.[stack];
    const isSame =
      count === read.length && (!mine || mine.every(({ id }, at) => id === read[at]?.id));
    if (isSame) continue;
    throw new InspectorError(
      'inputs-wrong',
      `${card.name} is a capture of ${count} ${stack} tokens, and the text has ${read.length}${count === read.length ? ' with other ids' : ''}: give the text that it was made of.`,
    );
  }
}

async function otherTexts(
  a: Source,
  b: Source,
  tokens: StackTokens,
): Promise<readonly (ProbeText | string)[]> {
  const [mine, theirs] = [a.side.model, b.side.model];
  if (!mine || !theirs) {
    const { name } = (mine ? b : a).side.card;
    return [
      `No padded and no longer text is compared: ${name} is a capture, which holds the text itself alone.`,
    ];
  }
  const { tokenizer } = [a, b].find(one => one.tokenizer) ?? {};
  const folder = await modelFolder(mine.card.path);
  const id = tokenizer && (await paddingToken(folder, tokenizer));
  const named = tokenizer ?? { tokenOf: () => undefined };
  const models = [mine, theirs];
  return [
    // What padding is does not matter where the mask hides it.
    paddedProbe(tokens, models, { id: id ?? 0, tokenizer: named }),
    longProbe(tokens, models),
  ];
}
