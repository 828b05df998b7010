import type { FindingPlace } from '../../protocol/findings';
import { familyOf, framing } from './configuration';
import type { Detail, Rule, Subject } from './rule';

const WHOLE: FindingPlace = {};
/** Shares of unknown tokens from which they are a warning, and an error. */
const UNKNOWN_WARNING = 0.05;
const UNKNOWN_ERROR = 0.2;
/** Lengths from here on say that there is no limit. */
const NO_LIMIT = 1e9;
/** Rows of a table that families keep for other uses. */
const SPARE_ROWS = 2;

const KINDS = ['pad', 'bos', 'eos', 'cls', 'sep', 'mask', 'unk'] as const;
type Kind = (typeof KINDS)[number];

/** The special token that the tokenizer's settings name; undefined where it is no single token. */
function specialToken({ settings, tokenizer }: Subject, kind: Kind) {
  const value = settings[`${kind}_token`];
  const isEntry = typeof value === 'object' && value !== null && 'content' in value;
  const spelling = isEntry ? value.content : value;
  if (typeof spelling !== 'string' || spelling === '') return undefined;
  const { tokens } = tokenizer.encode(spelling, { addSpecialTokens: false });
  const [token] = tokens;
  return tokens.length === 1 && token?.token === spelling ? { spelling, id: token.id } : undefined;
}

function error(measure: number, sentence: string, place = WHOLE): Detail {
  return { severity: 'error', place, measure, sentence };
}

/** Rules that ask the tokenizer and the configuration, and run nothing. */
export const tokenizerRules: readonly Rule[] = [
  {
    code: 'vocabulary-mismatch',
    measured: 'ids of the tokenizer less rows of the model’s table',
    limit: '0',
    cause:
      'The tokenizer belongs to another model, or tokens were added and the embeddings not grown.',
    remedy:
      'Put the model’s own tokenizer files beside it, or grow its embeddings before the export.',
    wrongFor: 'no model: tables that are larger than the vocabulary are fine and not reported',
    async check({ tokenizer, model: { card } }) {
      if (card.vocabulary === 0) return 'The model has no table of tokens.';
      const [ids, rows] = [tokenizer.vocabularySize, card.vocabulary];
      if (ids <= rows) return [];
      return [
        error(ids - rows, `The tokenizer has ${ids} ids and the model ${rows} rows for them.`),
      ];
    },
  },
  {
    code: 'wrong-special-ids',
    measured: 'ids in config.json beside those of the tokenizer’s special tokens',
    limit: 'equal',
    cause: 'config.json was edited, or comes from another model than the tokenizer.',
    remedy: 'Put the id of the tokenizer’s own special token into config.json.',
    wrongFor: 'configurations with a list of end tokens, which are not compared',
    async check(subject) {
      const { config, tokenizer, model } = subject;
      const specials = KINDS.map(kind => ({ kind, token: specialToken(subject, kind) }));
      const found = specials.flatMap(({ kind, token }) => {
        const id = config[`${kind}_token_id`];
        if (typeof id !== 'number' || !token || id === token.id) return [];
        const sentence = `${kind}_token_id is ${id} (“${tokenizer.tokenOf(id) ?? ''}”) in config.json, and the tokenizer’s ${kind}_token is ${token.spelling} (${token.id}).`;
        return [error(id, sentence)];
      });
      const start = config.decoder_start_token_id;
      if (model.card.stacks.length < 2 || typeof start !== 'number') return found;
      if (specials.some(({ token }) => token?.id === start)) return found;
      if (specials.every(({ token }) => token === undefined)) return found;
      const sentence = `decoder_start_token_id ${start} is “${tokenizer.tokenOf(start) ?? ''}”, which is no special token.`;
      return [...found, error(start, sentence)];
    },
  },
  {
    code: 'special-tokens-missing',
    measured: 'special tokens that the family was trained with and the text does not get',
    limit: '0',
    cause: 'The tokenizer lost its post-processor, or add_bos_token.',
    remedy: 'Take tokenizer.json and tokenizer_config.json from the published model.',
    wrongFor: 'tokenizers that say add_bos_token: false, which are not reported',
    async check(subject) {
      const { tokens, config, settings } = subject;
      const [cls, sep, bos, eos] = (['cls', 'sep', 'bos', 'eos'] as const).map(kind =>
        specialToken(subject, kind),
      );
      const needs = framing(config, settings);
      const isFramed = cls !== undefined && sep !== undefined;
      const wanted = [
        ...(isFramed
          ? [
              { token: cls, at: 0 },
              { token: sep, at: -1 },
            ]
          : []),
        ...(needs.bos && bos ? [{ token: bos, at: 0 }] : []),
        ...(needs.eos && eos && !isFramed ? [{ token: eos, at: -1 }] : []),
      ];
      const missing = wanted.filter(({ token, at }) => tokens.at(at)?.id !== token.id);
      if (missing.length === 0) return [];
      const names = missing.map(
        ({ token, at }) => `${token.spelling} at its ${at ? 'end' : 'beginning'}`,
      );
      const sentence = `A text gets no ${names.join(' and no ')}, with which models of the family ${familyOf(config)} were trained.`;
      return [{ severity: 'warning', place: WHOLE, measure: missing.length, sentence }];
    },
  },
  {
    code: 'special-tokens-doubled',
    measured: 'the same special token in a row, the second of no character',
    limit: '1',
    cause: 'The chat template and the tokenizer both add the token, or two post-processors do.',
    remedy: 'Let only one of them add it.',
    wrongFor: 'texts that spell the token twice themselves, which are not reported',
    async check({ tokens }) {
      const at = tokens.findIndex((token, i) => {
        const before = tokens[i - 1];
        return token.special && token.id === before?.id && token.start === token.end;
      });
      if (at < 0) return [];
      const sentence = `${tokens[at]?.token ?? ''} stands twice in a row, at tokens ${at - 1} and ${at}.`;
      return [{ severity: 'warning', place: { token: at }, measure: 2, sentence }];
    },
  },
  {
    code: 'unknown-tokens',
    measured: 'unknown tokens ÷ all tokens of the text',
    limit: '0.05 (warning), 0.2 (error)',
    cause: 'The tokenizer expects other casing or another script, or belongs to another model.',
    remedy: 'Compare the tokenizer’s settings (lower case, normaliser) with the published ones.',
    wrongFor: 'texts that are truly of other characters than the model was made for',
    async check({ tokens }) {
      const read = tokens.filter(({ special, unknown }) => unknown || !special);
      const unknown = read.filter(token => token.unknown).length;
      const share = unknown / Math.max(1, read.length);
      if (share <= UNKNOWN_WARNING) return [];
      const severity = share > UNKNOWN_ERROR ? 'error' : 'warning';
      const sentence = `${unknown} of the text’s ${read.length} tokens are unknown to the tokenizer.`;
      return [{ severity, place: WHOLE, measure: share, sentence }];
    },
  },
  {
    code: 'positions-overrun',
    measured: 'stated length less rows of the table of positions',
    limit: '2',
    cause: 'The length in config.json or tokenizer_config.json was raised without the table.',
    remedy: 'Set model_max_length and max_position_embeddings to the rows of the table.',
    wrongFor: 'rotary and relative positions, which have no table and are not reported',
    async check({ model, config, settings }) {
      const stack = model.card.stacks.at(-1) ?? 'encoder';
      const { table } = await model.positions(stack, 8, 8);
      if (!table || table.isComputed) return [];
      const rows = table.total + table.skipped + SPARE_ROWS;
      const names = ['model_max_length', 'max_position_embeddings', 'n_positions'] as const;
      return names
        .flatMap(name => {
          const length = settings[name] ?? config[name];
          if (typeof length !== 'number' || length >= NO_LIMIT || length <= rows) return [];
          const sentence = `${name} allows ${length} tokens, and the table of positions has rows for ${table.total}.`;
          return [error(length - table.total, sentence, { stack })];
        })
        .slice(0, 1);
    },
  },
];
