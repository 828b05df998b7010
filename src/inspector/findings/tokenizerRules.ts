import type { FindingFile, FindingPlace } from '../../protocol/findings';
import { specialToken as specialTokenOf } from '../run/modelInput';
import { causalStack, familyOf, framing } from './configuration';
import { costsWith } from './outputRules';
import { shown, type Detail, type Rule, type Subject } from './rule';

const WHOLE: FindingPlace = {};
const CONFIG = 'config.json';
const SETTINGS = 'tokenizer_config.json';
/** Tokens whose positions are read: enough for the size of the table. */
const READ = 8;
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

/** What every finding here has in common. */
function error(measure: number, sentence: string, file: FindingFile): Detail {
  return { severity: 'error', place: WHOLE, measure, sentence, file };
}

/** The token that a decoder begins with: T5 pads, BART and its kin end. */
function startToken({ config }: Subject, specials: readonly Special[]) {
  const kind = /t5$/.test(familyOf(config)) ? 'pad' : 'eos';
  return specials.find(special => special.kind === kind)?.token;
}

interface Special {
  readonly kind: Kind;
  readonly token: ReturnType<typeof specialToken>;
}

/** What the first token would do for the predictions of the others, where that can be told. */
async function helpOf(
  subject: Subject,
  { id }: { readonly id: number },
): Promise<Pick<Detail, 'confirmedBy'>> {
  const isJudged =
    subject.model.card.stacks.length === 1 &&
    causalStack(subject.model, subject.config) !== undefined;
  const costs = isJudged
    ? await costsWith(subject, specialTokenOf(subject.tokenizer, id)).catch(() => undefined)
    : undefined;
  if (!costs) return {};
  const [without, begun] = [costs.without, costs.with].map(shown);
  return { confirmedBy: `${begun} nats a token with it, ${without} without` };
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
        {
          ...error(
            ids - rows,
            `The tokenizer has ${ids} ids and the model ${rows} rows for them.`,
            'tokenizer.json',
          ),
          found: `${ids} ids, ${rows} rows`,
        },
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
      const specials = KINDS.map((kind): Special => ({ kind, token: specialToken(subject, kind) }));
      const found = specials.flatMap(({ kind, token }) => {
        const id = config[`${kind}_token_id`];
        if (typeof id !== 'number' || !token || id === token.id) return [];
        const other = tokenizer.tokenOf(id);
        const said = other === undefined ? 'no token' : `“${other}”`;
        const sentence = `${kind}_token_id is ${id} (${said}) in config.json, and the tokenizer’s ${kind}_token is ${token.spelling} (${token.id}).`;
        const fix = { file: 'config.json', path: [`${kind}_token_id`], value: token.id } as const;
        return [{ ...error(id, sentence, 'config.json'), found: `${id} and ${token.id}`, fix }];
      });
      const start = config.decoder_start_token_id;
      if (model.card.stacks.length < 2 || typeof start !== 'number') return found;
      if (specials.some(({ token }) => token?.id === start)) return found;
      if (specials.every(({ token }) => token === undefined)) return found;
      const named = tokenizer.tokenOf(start);
      const said = named === undefined ? 'no token' : `“${named}”, which is no special token`;
      const sentence = `decoder_start_token_id ${start} is ${said}.`;
      const right = startToken(subject, specials);
      const fix = right && {
        fix: { file: 'config.json', path: ['decoder_start_token_id'], value: right.id } as const,
      };
      return [...found, { ...error(start, sentence, 'config.json'), ...fix }];
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
      const [lost] = missing;
      const costs = lost?.at === 0 ? await helpOf(subject, lost.token) : {};
      return [
        {
          severity: 'warning',
          place: WHOLE,
          measure: missing.length,
          sentence,
          file: 'tokenizer.json',
          ...costs,
        },
      ];
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
      const { table } = await model.positions(stack, READ, READ);
      if (!table || table.isComputed) return [];
      const rows = table.total + table.skipped + SPARE_ROWS;
      const names = ['model_max_length', 'max_position_embeddings', 'n_positions'] as const;
      return names
        .flatMap((name): Detail[] => {
          const length = settings[name] ?? config[name];
          if (typeof length !== 'number' || length >= NO_LIMIT || length <= rows) return [];
          const sentence = `${name} allows ${length} tokens, and the table of positions has rows for ${table.total}.`;
          const file = typeof settings[name] === 'number' ? SETTINGS : CONFIG;
          const { total } = table;
          return [
            {
              ...error(length - total, sentence, file),
              place: { stack },
              found: `${length} tokens, ${total} rows`,
              fix: { file, path: [name], value: total },
            },
          ];
        })
        .slice(0, 1);
    },
  },
];
