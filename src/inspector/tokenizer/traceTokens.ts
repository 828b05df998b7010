import type {
  AddedTokenRule,
  AlignedString,
  PartTrace,
  SectionTrace,
  TokenOrigin,
  WordTrace,
} from '../../protocol/tokenTrace';
import type { AddedToken } from './addedTokens/addedToken';
import type { AlignedText } from './alignedText';
import { characterByte } from './bytes';
import type { EncodedToken } from './encodedToken';
import { encodeText, type Components, type StageObserver } from './pipeline';

/** Tokens of a text with everything that led to them. */
export interface TracedText {
  readonly tokens: readonly EncodedToken[];
  readonly sections: readonly SectionTrace[];
  /** Where each of `tokens` comes from. */
  readonly origins: readonly TokenOrigin[];
}

type Open<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer U)[] ? U[] : T[K] };

/** Like `encodeText`, but takes the model's slow way that shows its steps and writes all stages down. */
export function traceText(
  components: Components,
  source: string,
  enter: NonNullable<StageObserver['enter']>,
): TracedText {
  const sections: Open<SectionTrace>[] = [];
  const origins: TokenOrigin[] = [];
  const isByteLevel = [...components.normalizers, ...components.preTokenizers].some(
    component => component.type === 'ByteLevel',
  );
  let words: WordTrace[] = [];
  let preTokenization: PartTrace['preTokenization'][number][] = [];
  let word: AlignedText | undefined;
  const here = () => {
    const section = sections.length - 1;
    return { section, part: (sections[section]?.parts.length ?? 0) - 1 };
  };
  const observer: StageObserver = {
    enter,
    section(text, token) {
      sections.push({ source: aligned(text), normalization: [], parts: [], ...ruleOf(token) });
      if (token) origins.push({ kind: 'addedToken', section: sections.length - 1 });
    },
    normalized(component, text) {
      sections.at(-1)?.normalization.push({ component, result: aligned(text) });
    },
    part(text, token) {
      words = [];
      preTokenization = [];
      const part = { normalized: aligned(text), preTokenization, words, ...ruleOf(token) };
      sections.at(-1)?.parts.push(part);
      if (token) origins.push({ kind: 'addedToken', ...here() });
    },
    preTokenized(component, split) {
      preTokenization.push({ component, words: split.map(aligned) });
    },
    word: text => (word = text),
  };
  const model = {
    ...components.model,
    split(text: string) {
      const { pieces, steps } = components.model.trace(text);
      const bytes = isByteLevel ? bytesOf(text) : undefined;
      const origin: TokenOrigin = { kind: 'word', ...here(), word: words.length };
      origins.push(...pieces.map(() => origin));
      if (word) words.push({ word: aligned(word), ...(bytes ? { bytes } : {}), steps, pieces });
      return pieces;
    },
  };
  const tokens = encodeText({ ...components, model }, source, 0, observer);
  return { tokens, sections, origins };
}

/** Adds the origins of what post-processors put around the traced tokens. */
export function originsAfter(
  components: Components,
  tokens: readonly EncodedToken[],
  origins: readonly TokenOrigin[],
): TokenOrigin[] {
  const maker = components.postProcessors.find(each => each.addedCount(false) > 0);
  const template: TokenOrigin = {
    kind: 'template',
    component: maker?.type ?? '',
    template: maker?.template(false) ?? '',
  };
  let next = 0;
  return tokens.map(token =>
    token.sequence === undefined ? template : (origins[next++] ?? template),
  );
}

function aligned(text: AlignedText): AlignedString {
  const units = Array.from({ length: text.length }, (_, i) => i);
  return {
    text: text.text,
    starts: units.map(i => text.start(i)),
    ends: units.map(i => text.end(i)),
  };
}

function ruleOf(token: AddedToken | undefined): { addedToken?: AddedTokenRule } {
  return token ? { addedToken: token } : {};
}

function bytesOf(word: string): number[] | undefined {
  const bytes = Array.from(word, characterByte);
  return bytes.every(byte => byte !== undefined) ? bytes : undefined;
}
