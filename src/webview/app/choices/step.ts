/** The stages of attention for one query, in the order of computation (Vaswani et al. 2017, §3.2). */
export const STAGES = [
  'Project',
  'Dot product',
  'Scale',
  'Mask',
  'Softmax',
  'Weighted sum',
  'Output',
] as const;

/** Numbers of the stages, from 1, as people read them. */
export const Stage = {
  project: 1,
  dotProduct: 2,
  scale: 3,
  mask: 4,
  softmax: 5,
  weightedSum: 6,
  output: 7,
} as const;

/** Where the computation is paused. */
export interface Step {
  /** From 1 to 7: everything up to it is computed. */
  readonly stage: number;
  /** Inside q · k of one key, or inside one dimension of Σ α v; null where all keys are one step. */
  readonly into: { readonly kind: 'product' | 'sum'; readonly dimension: number } | null;
}

/** Where the view opens: the weights, which is what people ask about. */
export const OPENING_STEP: Step = { stage: Stage.softmax, into: null };

export type StepMove = 'stepOver' | 'stepInto' | 'stepOut' | 'stepBack' | 'runAll' | 'restart';
export const STEP_MOVES: readonly StepMove[] = [
  'runAll',
  'stepOver',
  'stepInto',
  'stepOut',
  'stepBack',
  'restart',
];

/**
 * Where a move leads. Over is the next stage for all keys, or the next dimension inside; into is one
 * key's products, or from the weighted sum on one dimension of Σ α v; out returns to the stage.
 */
export function move(step: Step, name: StepMove, headDim: number): Step {
  const { stage, into } = step;
  switch (name) {
    case 'runAll':
      return { stage: STAGES.length, into: null };
    case 'restart':
      return { stage: 1, into: null };
    case 'stepOut':
      return { stage, into: null };
    case 'stepBack':
      if (!into) return { stage: Math.max(1, stage - 1), into };
      if (into.dimension === 0) return { stage, into: null };
      return { stage, into: { ...into, dimension: into.dimension - 1 } };
    case 'stepInto':
      if (into) return move(step, 'stepOver', headDim);
      return {
        stage,
        into: { kind: stage >= Stage.weightedSum ? 'sum' : 'product', dimension: 0 },
      };
    case 'stepOver':
      if (!into) return { stage: Math.min(STAGES.length, stage + 1), into };
      if (into.dimension + 1 < headDim) {
        return { stage, into: { ...into, dimension: into.dimension + 1 } };
      }
      return { stage: afterInside(stage, into.kind), into: null };
  }
}

/** What was gone through inside is computed then. */
function afterInside(stage: number, kind: 'product' | 'sum'): number {
  return Math.max(stage, kind === 'product' ? Stage.dotProduct : Stage.output);
}

/** The same step where heads have another size. */
export function fitStep(step: Step, headDim: number): Step {
  if (!step.into || step.into.dimension < headDim) return step;
  return { ...step, into: { ...step.into, dimension: headDim - 1 } };
}

/** The stage whose column is worked on: inside, the one that the numbers belong to. */
export function activeStage({ stage, into }: Step): number {
  if (!into) return stage;
  return into.kind === 'product' ? Stage.dotProduct : Stage.weightedSum;
}

/** Whether a stage has numbers yet. */
export const isComputed = (step: Step, stage: number): boolean => stage <= step.stage;
