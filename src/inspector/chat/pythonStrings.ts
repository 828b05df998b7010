import { Environment } from '@huggingface/jinja';

/** What Python's `str.strip` takes for white space: a little other than what JavaScript does. */
const SPACE =
  '\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';

/** A string as templates see it. */
interface TemplateString {
  readonly value: string;
}
type Stripping = (args: readonly unknown[]) => TemplateString;
type Builtins = Map<string, unknown>;

/**
 * Gives the strings of templates Python's `strip`, `lstrip` and `rstrip`: the engine's own take no
 * argument, and templates say `strip('\n')`.
 */
export function stripAsPython(): void {
  const text = new Environment().set('text', '');
  const prototype = Object.getPrototypeOf(text) as object;
  const getter = Object.getOwnPropertyDescriptor(prototype, 'builtins');
  if (!getter?.get) return;
  const make = text.constructor as new (value: string) => TemplateString;
  const done = new WeakSet<Builtins>();
  const methods = { strip: [true, true], lstrip: [true, false], rstrip: [false, true] } as const;
  Object.defineProperty(prototype, 'builtins', {
    get(this: TemplateString): Builtins {
      const own = getter.get?.call(this) as Builtins;
      if (done.has(own)) return own;
      done.add(own);
      for (const [name, [left, right]] of Object.entries(methods)) {
        const strip: Stripping = ([characters]) =>
          new make(stripped(this.value, charactersOf(characters), left, right));
        const { constructor } = own.get(name) as object;
        own.set(name, new (constructor as new (call: Stripping) => unknown)(strip));
      }
      return own;
    },
  });
}

/** The argument of a call, if it is one: `none` and nothing stand for white space. */
function charactersOf(argument: unknown): string | undefined {
  const value: unknown =
    typeof argument === 'object' && argument !== null && 'value' in argument
      ? argument.value
      : undefined;
  return typeof value === 'string' ? value : undefined;
}

function stripped(
  text: string,
  characters: string | undefined,
  left: boolean,
  right: boolean,
): string {
  const set = new Set(characters);
  const space = new RegExp(`[${SPACE}]`);
  const isTaken = (one: string) => (characters === undefined ? space.test(one) : set.has(one));
  const units = Array.from(text);
  let [from, to] = [0, units.length];
  while (left && from < to && isTaken(units[from] ?? '')) from++;
  while (right && to > from && isTaken(units[to - 1] ?? '')) to--;
  return units.slice(from, to).join('');
}
