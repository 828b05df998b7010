import type {
  AttentionSite,
  MaskKind,
  PositionalEncoding,
  SelfCheck,
} from '../../../protocol/model';
import { el } from '../../kit/dom';
import { count } from '../../reading/format';

/** A name and what stands beside it. */
export type Fact = readonly [string, ...(Node | string)[]];

/** What the graph says about a layer's attention, and how well our numbers agree with the model's. */
export const modelFacts = (site: AttentionSite): Fact[] => [
  ['Mask', maskName(site.mask)],
  ['Positions', positionName(site.positional)],
  ['Query / key heads', `${site.heads} / ${site.keyHeads}`],
  ['Score', `q·k × ${site.scale.toPrecision(3)}`],
  ['Checked', el('span', { text: checkName(site.check), title: checkTitle(site) })],
];

function maskName(mask: MaskKind): string {
  switch (mask.kind) {
    case 'bidirectional':
      return 'none, sees all';
    case 'causal':
      return mask.excludesSelf ? 'causal, without the token itself' : 'causal';
    case 'window':
      return `window −${count(mask.before)} to +${count(mask.after)}`;
  }
}

const POSITIONS: Record<PositionalEncoding['kind'], string> = {
  rotary: 'rotary (RoPE)',
  learned: 'learned',
  sinusoidal: 'sinusoidal',
  relativeBias: 'relative bias',
  alibi: 'ALiBi',
  none: 'none',
  unknown: 'not recognised',
};

const positionName = (positional: PositionalEncoding): string => POSITIONS[positional.kind];

function checkName(check: SelfCheck): string {
  if (check.result === 'refused') return 'refused';
  return check.result === 'exact' ? 'exact' : `within ${check.worst.toExponential(0)}`;
}

function checkTitle({ check, graph }: AttentionSite): string {
  const where = `${graph.operator} ${graph.node}`;
  if (check.result === 'refused') return `${where}: ${check.reason}`;
  const reason = check.result === 'approximate' ? `, ${check.reason}` : '';
  return `${where}: recomputed weights differ by at most ${check.worst.toExponential(1)}${reason}`;
}
