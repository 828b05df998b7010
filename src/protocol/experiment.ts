import * as v from 'valibot';
import { listSchema } from './intervention';
import { finite, index } from './schemas';

const sentence = v.pipe(v.string(), v.minLength(1), v.maxLength(2000));
const words = v.pipe(v.string(), v.maxLength(4000));

/** A number that the words of an experiment say, and how it comes about. */
const numberSchema = v.strictObject({
  /** As it stands in the words. */
  says: v.pipe(v.string(), v.minLength(1), v.maxLength(20)),
  /** Places of the interventions that are on; the others are off. */
  on: v.array(index),
  /** It is of text B. */
  isOfOther: v.exactOptional(v.boolean()),
  /** Token of the output that it is measured at. */
  token: index,
  /** Logit difference of two entries, probability of one, or KL to the plain run in nats. */
  measure: v.picklist(['logitDifference', 'probability', 'divergence']),
  answer: v.exactOptional(v.pipe(v.string(), v.minLength(1), v.maxLength(100))),
  other: v.exactOptional(v.pipe(v.string(), v.minLength(1), v.maxLength(100))),
  value: finite,
});

/** A run with interventions that teaches something, as files in `samples/experiments` hold it. */
export const experimentSchema = v.strictObject({
  title: sentence,
  /** What it asks, in a sentence. */
  asks: sentence,
  model: v.picklist(['encoder', 'decoder', 'encoder-decoder']),
  /** A line of `samples/experiments.txt`. */
  text: words,
  target: v.exactOptional(words),
  /** Text B, for patching between the two. */
  otherText: v.exactOptional(words),
  locus: v.strictObject({
    stack: v.picklist(['encoder', 'decoder']),
    kind: v.picklist(['self', 'cross']),
    layer: index,
    head: index,
    query: index,
    key: v.nullable(index),
  }),
  interventions: listSchema,
  /** What to do and look at, a step each. */
  look: v.pipe(v.array(sentence), v.minLength(1), v.maxLength(8)),
  numbers: v.array(numberSchema),
});

export type Experiment = Readonly<v.InferOutput<typeof experimentSchema>>;
/** What people are told of it beside its run. */
export type ExperimentNote = Pick<Experiment, 'title' | 'asks' | 'text' | 'look'>;
