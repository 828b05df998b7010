import type { Evidence } from '../../protocol/findings';
import type { AttentionSite } from '../../protocol/model';
import { familyFacts } from './configuration';
import { layerBars, mapEvidence, nameOf, nodeOf, placeOf } from './evidence';
import { outputMoved, roundingOf, whereMoved } from './moved';
import { isPadding, type PaddingWeight } from './paddingWeights';
import { layersOf, shown, type Detail, type Rule, type Subject } from './rule';
import { SAME_BATCH, seenPadding, type SeenPadding } from './seenPadding';

/** Whether weight on padding is told of as that. */
const isIgnored = ({ isInverted, lowered }: PaddingWeight) => !isInverted && lowered === undefined;

/** A finding about attentions that give weight to padding. */
function detailOf(
  subject: Subject,
  { weights, moved, shifted }: SeenPadding,
  some: readonly PaddingWeight[],
  tell: (layers: string, most: number) => Pick<Detail, 'measure' | 'sentence'> & Partial<Detail>,
): readonly Detail[] {
  const [first] = some;
  if (!first) return [];
  const most = Math.max(...some.map(one => one.most));
  const { site } = first.capture;
  const worst = some.find(one => one.most === most) ?? first;
  return [
    {
      severity: 'error',
      place: placeOf(site),
      ...nodeOf(site),
      confirmedBy:
        moved > SAME_BATCH
          ? `outputs of the text move by ${shown(moved)} of the largest when other tokens stand in the place of the padding`
          : `outputs of the text move by ${shown(shifted)} of the largest when padding is put after it`,
      evidence: [
        paddingMap(subject, worst),
        layerBars(
          'Largest weight on padding, by layer',
          weights.map(one => ({
            site: one.capture.site,
            value: one.most,
            isWrong: some.includes(one),
          })),
        ),
      ],
      ...tell(
        attentionsOf(
          subject,
          some.map(({ capture }) => capture.site),
        ),
        most,
      ),
    },
  ];
}

function paddingMap({ padded }: Subject, { capture, lay, row, head }: PaddingWeight): Evidence {
  const padding = Array.from({ length: lay.padding }, () => nameOf(padded.filler));
  const text = padded.text.map(nameOf);
  const keys = lay.side === 'left' ? [...padding, ...text] : [...text, ...padding];
  const isCross = capture.site.kind === 'cross';
  const queries = isCross ? (padded.tokens.decoder ?? []).map(nameOf) : keys;
  return mapEvidence(capture, {
    row,
    head,
    queries,
    keys,
    showsLastKeys: lay.side === 'right',
    framed: 'padding',
    isFramed: (query, key) => isPadding(lay, key) && (isCross || !isPadding(lay, query)),
  });
}

/** Attentions as sentences have them: “layers 0 and 1”, “the cross-attention of layer 2”. */
function attentionsOf({ model }: Subject, sites: readonly AttentionSite[]): string {
  const isOne = model.card.stacks.length === 1;
  const groups = new Map<string, number[]>();
  for (const { stack, kind, layer } of sites) {
    const name = kind === 'cross' ? 'the cross-attention of ' : isOne ? '' : `the ${stack}’s `;
    groups.set(name, [...(groups.get(name) ?? []), layer]);
  }
  return [...groups].map(([name, layers]) => `${name}${layersOf(layers)}`).join(' and ');
}

async function withAttended(
  subject: Subject,
  isAsked: (weight: PaddingWeight) => boolean,
  tell: (some: readonly PaddingWeight[]) => Parameters<typeof detailOf>[3],
): Promise<readonly Detail[] | string> {
  const seen = await seenPadding(subject);
  if (typeof seen === 'string') return seen;
  if (seen.weights.length === 0) return 'No attention of the model can be shown.';
  const some = seen.attended.filter(isAsked);
  return detailOf(subject, seen, some, tell(some));
}

/** Rules about what a text sees of padding that the attention mask hides. */
export const paddingRules: readonly Rule[] = [
  {
    code: 'padding-attended',
    measured: 'largest weight of a token of the text on padding that the attention mask hides',
    limit: '1e-6',
    cause: 'The export adds the attention mask in no layer, or forgets it in some.',
    remedy: 'Export again with the attention mask applied in every layer that is named.',
    wrongFor: 'no model that takes an attention mask',
    check: subject =>
      withAttended(subject, isIgnored, () => (layers, most) => ({
        measure: most,
        sentence: `Tokens of the text put up to ${shown(most)} of their weight on hidden padding in ${layers}: outputs depend on how a batch is padded.`,
      })),
  },
  {
    code: 'mask-inverted',
    measured: 'largest weight of a token of the text on the text itself, beside hidden padding',
    limit: '1e-6, where padding has weight',
    cause: 'The export reads 0 of the attention mask as visible and 1 as hidden.',
    remedy: 'Exchange 1 − mask and mask where the graph turns the mask into scores.',
    wrongFor: 'masks with a name of their own, whose values are tried',
    check: subject =>
      withAttended(
        subject,
        ({ isInverted }) => isInverted,
        () => (layers, most) => ({
          measure: 0,
          sentence: `Tokens of the text put all their weight on the padding that the attention mask hides with 0, up to ${shown(most)} on one token, and none on the text, in ${layers}.`,
        }),
      ),
  },
  {
    code: 'mask-too-small',
    measured: 'what the attention mask takes off the scores of padding',
    limit: '1,000, where padding keeps a weight > 1e-6',
    cause: 'A number that is too small stands for −∞, or is scaled down with the scores.',
    remedy: 'Let the mask add the lowest number of the type, after the scores are scaled.',
    wrongFor: 'masks of −10,000, which hide padding in float32: not reported',
    check: subject =>
      withAttended(
        subject,
        one => !one.isInverted && one.lowered !== undefined,
        some => (layers, most) => {
          const lowered = Math.min(...some.map(one => one.lowered ?? Infinity));
          return {
            measure: lowered,
            sentence: `The attention mask lowers the scores of padding by ${shown(lowered)} only in ${layers}: padding keeps up to ${shown(most)} of the weight.`,
          };
        },
      ),
  },
  {
    code: 'padding-leaks-elsewhere',
    measured: 'outputs of the text that move with what hidden padding says, of the largest',
    limit: '1e-4 (float16 2e-2, int8 0.2), where no weight is on padding',
    cause:
      'Something outside the attention mixes tokens: a convolution, a mean, a norm over the text.',
    remedy: 'Set the states of padding to 0 before what mixes tokens in the layer that is named.',
    wrongFor:
      'ConvBERT, MobileBERT, Nyströmformer, SqueezeBERT, Funnel and YOSO, which mix neighbours by design: a note',
    async check(subject) {
      const seen = await seenPadding(subject);
      if (typeof seen === 'string') return seen;
      const { card } = subject.model;
      const limit = roundingOf(card.precision);
      const { runs, attended, moved } = seen;
      const worst = runs.find(run => run.moved === moved);
      if (attended.length > 0 || !worst || !(moved > limit)) return [];
      const { place, where, evidence } = whereMoved(card, worst.at(0), worst.at(1), limit);
      const isDesign =
        familyFacts(subject.config).mixesOutside === true ||
        (card.withoutAttention?.length ?? 0) > 0;
      const reason = isDesign ? ': this architecture mixes tokens outside its attention' : '';
      return [
        {
          severity: isDesign ? 'note' : 'error',
          place,
          measure: moved,
          sentence: `No attention gives hidden padding any weight, yet outputs of the text move by ${shown(moved)} of the largest with what the padding says, ${where}${reason}.`,
          evidence,
        },
      ];
    },
  },
  {
    code: 'padding-shifts',
    measured: 'outputs of the text that move when hidden padding is put after it, of the largest',
    limit: '1e-4 (float16 2e-2, int8 0.2)',
    cause: 'Positions, a norm or a mean count the padding.',
    remedy: 'Look at what takes the length of the whole row in the layer that is named.',
    wrongFor:
      'models in int8 whose activations have a range for the whole text: not reported below 0.2',
    async check(subject) {
      const { padded, model } = subject;
      if (padded.whyNot !== undefined) return padded.whyNot;
      const [plain, after] = [
        { run: await padded.plain(), row: 0 },
        { run: await padded.right(), row: 0 },
      ];
      const moved = outputMoved(model.card, plain, after);
      const limit = roundingOf(model.card.precision);
      if (!(moved > limit)) return [];
      const { place, where, evidence } = whereMoved(model.card, plain, after, limit);
      return [
        {
          severity: 'error',
          place,
          measure: moved,
          sentence: `Outputs of the text move by ${shown(moved)} of the largest when ${padded.padding} hidden tokens of padding are put after it, ${where}.`,
          evidence,
        },
      ];
    },
  },
];
