import type { Port } from './rpc';
import type { Token } from './tokens';

/** Tokens as columns: thousands of objects cost a channel and both of its ends too much time. */
interface PackedTokens {
  readonly packed: 'tokens';
  /** All spellings one after the other, and all texts. */
  readonly token: string;
  readonly text: string;
  /** id, start, end, lengths of spelling and text, sequence, typeId, turn `[tokens, 8]`. */
  readonly numbers: Int32Array;
  readonly flags: Uint8Array;
}

const COLUMNS = 8;
const [SPECIAL, UNKNOWN, CONTINUES, SEQUENCE, TYPE_ID, TURN, TEMPLATE] = [1, 2, 4, 8, 16, 32, 64];
/** Shorter sequences travel as they are. */
const PACKED_FROM = 256;
/** Objects within objects that a message may hold tokens in. */
const DEEPEST = 6;

const KEYS: ReadonlySet<string> = new Set<keyof Token>([
  'index',
  'id',
  'token',
  'text',
  'start',
  'end',
  'special',
  'unknown',
  'continues',
  'sequence',
  'typeId',
  'turn',
  'template',
]);

/** What was packed before, so that sending tokens again costs nothing. */
const known = new WeakMap<readonly Token[], PackedTokens>();
/** Properties whose tokens nobody has read yet: passing those on costs nothing, either. */
const unread = new WeakMap<() => unknown, PackedTokens>();

/** A port that posts long sequences of tokens as columns. */
export const packingPort = (port: Port): Port => ({
  post: message => port.post(mapParts(message, packPart)),
  listen: listener => port.listen(listener),
});

/**
 * A port whose listeners hear of tokens again, where the other end packs them; they are made of their
 * columns when somebody reads them.
 */
export const unpackingPort = (port: Port): Port => ({
  post: message => port.post(message),
  listen: listener => port.listen(message => listener(mapParts(message, unpackPart))),
});

/** A property of a message: its value, or what reads it. */
interface Property {
  readonly value?: unknown;
  readonly get?: () => unknown;
  readonly enumerable?: boolean;
  readonly writable?: boolean;
  readonly configurable?: boolean;
}

/** What becomes of a property; undefined where its parts are to be looked at. */
type Change = (property: Property) => Property | undefined;

const packPart: Change = ({ get, value }) => {
  const columns = get ? unread.get(get) : isTokens(value) ? pack(value) : undefined;
  return columns && { value: columns, enumerable: true, writable: true, configurable: true };
};

const unpackPart: Change = ({ value }) => {
  if (!isPacked(value)) return undefined;
  let tokens: readonly Token[] | undefined;
  const get = (): readonly Token[] => (tokens ??= unpack(value));
  unread.set(get, value);
  return { get, enumerable: true, configurable: true };
};

/** A copy of a message in which some properties became others; what has none of them is shared. */
function mapParts(value: unknown, change: Change, depth = 0): unknown {
  if (depth > DEEPEST || typeof value !== 'object' || value === null) return value;
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  let copy: object | undefined;
  for (const [key, property] of Object.entries(propertiesOf(value))) {
    const changed = change(property) ?? mappedParts(property, change, depth + 1);
    if (changed === property) continue;
    copy ??= Object.defineProperties({}, propertiesOf(value));
    Object.defineProperty(copy, key, changed);
  }
  return copy ?? value;
}

const propertiesOf = (value: object): Record<string, Property> =>
  Object.getOwnPropertyDescriptors(value);

function mappedParts(property: Property, change: Change, depth: number): Property {
  const value = mapParts(property.value, change, depth);
  return value === property.value ? property : { ...property, value };
}

function isTokens(value: unknown): value is readonly Token[] {
  if (!Array.isArray(value) || value.length < PACKED_FROM) return false;
  const all: readonly unknown[] = value;
  return [all[0], all.at(-1)].every(isToken);
}

function isToken(value: unknown): value is Token {
  if (typeof value !== 'object' || value === null) return false;
  const { index, token, text, continues } = value as Partial<Record<keyof Token, unknown>>;
  return (
    typeof index === 'number' &&
    typeof token === 'string' &&
    typeof text === 'string' &&
    typeof continues === 'boolean' &&
    Object.keys(value).every(key => KEYS.has(key))
  );
}

const isPacked = (value: unknown): value is PackedTokens =>
  typeof value === 'object' && value !== null && 'packed' in value && value.packed === 'tokens';

function pack(tokens: readonly Token[]): PackedTokens {
  const before = known.get(tokens);
  if (before) return before;
  const numbers = new Int32Array(tokens.length * COLUMNS);
  const flags = new Uint8Array(tokens.length);
  tokens.forEach((one, i) => {
    const { id, start, end, token, text, sequence = 0, typeId = 0, turn = 0 } = one;
    numbers.set([id, start, end, token.length, text.length, sequence, typeId, turn], i * COLUMNS);
    flags[i] =
      (one.special ? SPECIAL : 0) |
      (one.unknown ? UNKNOWN : 0) |
      (one.continues ? CONTINUES : 0) |
      (one.sequence === undefined ? 0 : SEQUENCE) |
      (one.typeId === undefined ? 0 : TYPE_ID) |
      (one.turn === undefined ? 0 : TURN) |
      (one.template ? TEMPLATE : 0);
  });
  const join = (part: 'token' | 'text') => tokens.map(one => one[part]).join('');
  const made: PackedTokens = {
    packed: 'tokens',
    token: join('token'),
    text: join('text'),
    numbers,
    flags,
  };
  known.set(tokens, made);
  return made;
}

function unpack(columns: PackedTokens): readonly Token[] {
  const { numbers, flags, token, text } = columns;
  let [tokenAt, textAt] = [0, 0];
  const tokens = Array.from(flags, (flag, index): Token => {
    const at = index * COLUMNS;
    const tokenEnd = tokenAt + (numbers[at + 3] ?? 0);
    const textEnd = textAt + (numbers[at + 4] ?? 0);
    const one: Token = {
      index,
      id: numbers[at] ?? 0,
      token: token.slice(tokenAt, tokenEnd),
      text: text.slice(textAt, textEnd),
      start: numbers[at + 1] ?? 0,
      end: numbers[at + 2] ?? 0,
      special: (flag & SPECIAL) > 0,
      unknown: (flag & UNKNOWN) > 0,
      continues: (flag & CONTINUES) > 0,
      ...(flag & SEQUENCE ? { sequence: numbers[at + 5] ?? 0 } : {}),
      ...(flag & TYPE_ID ? { typeId: numbers[at + 6] ?? 0 } : {}),
      ...(flag & TURN ? { turn: numbers[at + 7] ?? 0 } : {}),
      ...(flag & TEMPLATE ? { template: true } : {}),
    };
    [tokenAt, textAt] = [tokenEnd, textEnd];
    return one;
  });
  known.set(tokens, columns);
  return tokens;
}
