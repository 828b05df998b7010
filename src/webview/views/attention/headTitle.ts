import type { Aggregate, Locus } from '../../reading/place';

const NAMES: Record<Aggregate, (head: number) => string> = {
  head: head => `head ${head}`,
  mean: () => 'mean of heads',
  max: () => 'maximum of heads',
  rollout: () => 'rollout',
  norm: head => `head ${head}, norm-weighted`,
};

/** What the large map shows: “Layer 3, head 5”. */
export const headTitle = ({ layer, head, aggregate }: Locus): string =>
  `Layer ${layer}, ${NAMES[aggregate](head)}`;
