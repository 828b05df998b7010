import type { AttentionSite } from '../../protocol/model';
import type { Intervention } from '../../protocol/intervention';
import type { Detail, Subject } from './rule';

/**
 * What blocks, in these layers of a run, every key behind its query; nothing where the check does not
 * have all tokens of the run.
 * @param sites self-attention of one stack
 */
export function causalMask(
  { model: { card }, runs, tokens: whole }: Pick<Subject, 'model' | 'runs' | 'tokens'>,
  sites: readonly AttentionSite[],
): Pick<Detail, 'impose'> {
  const [stack] = sites.map(site => site.stack);
  const count = stack === undefined ? 0 : (runs.tokens[stack]?.length ?? 0);
  const isCut = card.stacks[0] === stack && whole.length > count;
  if (stack === undefined || isCut || count < 2) return {};
  const queries = Array.from({ length: count - 1 }, (_, query) => query);
  const interventions = sequencesOf(sites.map(({ layer }) => layer)).flatMap(layers =>
    queries.map((query): Intervention => {
      const keys = Array.from({ length: count - 1 - query }, (_, i) => query + 1 + i);
      const at = { stack, layers, point: 'maskedScores', tokens: [query], keys } as const;
      return { kind: 'intervention', at, how: { block: true } };
    }),
  );
  return { impose: { name: 'Impose a causal mask here', interventions } };
}

/** Numbers as sequences of neighbours, each with its first and last. */
function sequencesOf(numbers: readonly number[]): readonly (readonly [number, number])[] {
  const sequences: [number, number][] = [];
  for (const number of [...new Set(numbers)].sort((a, b) => a - b)) {
    const last = sequences.at(-1);
    if (last?.[1] === number - 1) last[1] = number;
    else sequences.push([number, number]);
  }
  return sequences;
}
