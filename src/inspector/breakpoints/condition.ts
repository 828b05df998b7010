import jsep from 'jsep';
import { InspectorError } from '../../protocol/errors';
import type { Place } from './place';
import { wordNamed, type Need, type Value, type ValueType } from './vocabulary';

/** A condition that can be asked of places. */
export interface Condition {
  readonly needs: ReadonlySet<Need>;
  readonly holds: (place: Place) => boolean;
  /** What it reads at a place: its names and functions as they are written, with their numbers. */
  readonly values: (place: Place) => Readonly<Record<string, number>>;
}

/** A part of a condition, checked. */
interface Part {
  readonly type: ValueType;
  readonly read: (place: Place) => Value;
}

const DEEPEST = 50;

jsep.addBinaryOp('and', 2);
jsep.addBinaryOp('or', 1);
jsep.addUnaryOp('not');

const ARITHMETIC: Readonly<Record<string, (a: number, b: number) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '%': (a, b) => a % b,
};
const COMPARISONS: Readonly<Record<string, (a: Value, b: Value) => boolean>> = {
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
};
const BOTH = new Set(['&&', 'and']);
const EITHER = new Set(['||', 'or']);
const NOT = new Set(['!', 'not']);

const wrong = (message: string): InspectorError => new InspectorError('inputs-wrong', message);
const IN_WORDS = { number: 'a number', text: 'a text', truth: 'true or false' } as const;

/**
 * Reads a condition: comparisons of names, functions and numbers, joined by `and`, `or` and `not`. It can
 * name what `vocabulary.ts` has and nothing else: no property, no assignment, no call of anything else.
 * @throws InspectorError `inputs-wrong`
 */
export function readCondition(source: string): Condition {
  const needs = new Set<Need>();
  const watched = new Map<string, Part>();
  const whole = partOf(parsed(source), { needs, watched, depth: 0 });
  if (whole.type !== 'truth')
    throw wrong(
      `“${source.trim()}” is ${IN_WORDS[whole.type]}, not a condition. Compare it, as in “entropy < 0.1”.`,
    );
  return {
    needs,
    holds: place => whole.read(place) === true,
    values: place =>
      Object.fromEntries([...watched].map(([name, part]) => [name, Number(part.read(place))])),
  };
}

function parsed(source: string): jsep.Expression {
  if (/\d,\d{3}(?!\d)/.test(source.replace(/\([^()]*\)/g, '')))
    throw wrong('Write numbers without separators: 1000, not 1,000.');
  try {
    return jsep(source);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw wrong(`The condition cannot be read: ${reason}.`);
  }
}

interface Reading {
  readonly needs: Set<Need>;
  /** Parts whose numbers a hit is told with. */
  readonly watched: Map<string, Part>;
  readonly depth: number;
}

function partOf(expression: jsep.Expression, reading: Reading): Part {
  if (reading.depth > DEEPEST) throw wrong('The condition is nested too deeply.');
  const inner = { ...reading, depth: reading.depth + 1 };
  const part = (one: unknown): Part => partOf(one as jsep.Expression, inner);
  const node = expression as jsep.CoreExpression;
  switch (node.type) {
    case 'Literal':
      return literal(node.value, node.raw);
    case 'Identifier':
      return named(node.name, [], node.name, reading);
    case 'CallExpression': {
      const { name } = node.callee as jsep.Identifier;
      if (node.callee.type !== 'Identifier')
        throw wrong('Only functions by their names can be called.');
      return named(name, node.arguments.map(part), written(node), reading);
    }
    case 'UnaryExpression':
      return unary(node.operator, part(node.argument));
    case 'BinaryExpression':
      return binary(node.operator, part(node.left), part(node.right));
    case 'Compound':
      throw wrong(
        node.body.length === 0
          ? 'The condition is empty. Write one, as “weight(0) > 0.9”.'
          : 'The condition is several. Join them with “and” or “or”.',
      );
    default:
      throw wrong(`A condition cannot hold ${NAMES_OF_PARTS[node.type] ?? 'that'}.`);
  }
}

const NAMES_OF_PARTS: Readonly<Record<string, string>> = {
  MemberExpression: 'properties (a dot or brackets)',
  ConditionalExpression: '“? :”',
  ArrayExpression: 'lists',
  SequenceExpression: 'several things after commas',
  ThisExpression: '“this”',
};

function literal(value: unknown, raw: string): Part {
  const type = typeof value;
  if (type === 'number') return { type: 'number', read: () => value as number };
  if (type === 'string') return { type: 'text', read: () => value as string };
  if (type === 'boolean') return { type: 'truth', read: () => value as boolean };
  throw wrong(`A condition cannot hold ${raw}.`);
}

/** A name, or a call of a function. */
function named(name: string, given: readonly Part[], source: string, reading: Reading): Part {
  const word = wordNamed(name);
  const takes = word.takes ?? [];
  if (given.length !== takes.length) {
    const count =
      takes.length === 0 ? 'nothing' : takes.length === 1 ? 'one value' : `${takes.length} values`;
    throw wrong(
      `“${name}” takes ${count}${word.takes && given.length === 0 ? `: ${name}(…)` : ''}.`,
    );
  }
  for (const [i, one] of given.entries()) {
    if (takes[i]?.includes(one.type)) continue;
    const wanted = (takes[i] ?? []).map(type => IN_WORDS[type]).join(' or ');
    throw wrong(`“${name}” takes ${wanted}, not ${IN_WORDS[one.type]}.`);
  }
  reading.needs.add(word.needs);
  const part: Part = {
    type: word.type,
    read: place =>
      word.read(
        place,
        given.map(one => one.read(place)),
      ),
  };
  if (word.type === 'number' && word.needs !== 'place') reading.watched.set(source, part);
  return part;
}

function unary(operator: string, part: Part): Part {
  if (NOT.has(operator)) {
    check(operator, part, 'truth');
    return { type: 'truth', read: place => part.read(place) !== true };
  }
  if (operator !== '-' && operator !== '+') throw wrong(`A condition cannot hold “${operator}”.`);
  check(operator, part, 'number');
  const sign = operator === '-' ? -1 : 1;
  return { type: 'number', read: place => sign * Number(part.read(place)) };
}

function binary(operator: string, left: Part, right: Part): Part {
  const isBoth = BOTH.has(operator);
  if (isBoth || EITHER.has(operator)) {
    for (const part of [left, right]) check(operator, part, 'truth');
    return {
      type: 'truth',
      read: place =>
        (left.read(place) === true) === isBoth ? right.read(place) === true : !isBoth,
    };
  }
  const compare = COMPARISONS[operator];
  if (compare) {
    if (left.type !== right.type)
      throw wrong(
        `“${operator}” compares ${IN_WORDS[left.type]} with ${IN_WORDS[right.type]}: both must be the same.`,
      );
    if (left.type !== 'number' && operator !== '==' && operator !== '!=')
      throw wrong(`“${operator}” compares numbers.`);
    return { type: 'truth', read: place => compare(left.read(place), right.read(place)) };
  }
  const compute = ARITHMETIC[operator];
  if (!compute) throw wrong(`A condition cannot hold “${operator}”.`);
  for (const part of [left, right]) check(operator, part, 'number');
  return {
    type: 'number',
    read: place => compute(Number(left.read(place)), Number(right.read(place))),
  };
}

function check(operator: string, part: Part, type: ValueType): void {
  if (part.type !== type)
    throw wrong(
      `“${operator}” needs ${IN_WORDS[type]} beside it, not ${IN_WORDS[part.type]}; parentheses say what belongs together.`,
    );
}

/** A call as people wrote it, less its spaces. */
function written(node: jsep.Expression): string {
  const one = node as jsep.CoreExpression;
  switch (one.type) {
    case 'Literal':
      return one.raw;
    case 'Identifier':
      return one.name;
    case 'UnaryExpression':
      return `${one.operator}${written(one.argument)}`;
    case 'BinaryExpression':
      return `${written(one.left)} ${one.operator} ${written(one.right)}`;
    case 'CallExpression':
      return `${written(one.callee)}(${one.arguments.map(written).join(', ')})`;
    default:
      return '…';
  }
}
