import type {
  AttentionSite,
  MaskKind,
  PositionalEncoding,
  SelfCheck,
} from '../../../protocol/model';
import { keyTokens, siteAt } from '../../capture';
import { el, fill, tokenSpan } from '../../dom';
import { count, weight2 } from '../../format';
import type { Panel } from '../../panel';
import { headTitle } from './headTitle';
import { label } from '../../tokenText';

/** What is known about the head on show. */
export function createHeadCard({ store }: Panel): HTMLElement {
  const title = el('h2');
  const facts = el('dl', { class: 'facts' });
  store.select(
    state => [state.capture, state.locus, state.map],
    (capture, locus, map) => {
      const site = capture && locus && siteAt(capture, locus.block, locus.layer);
      if (!site) return;
      title.textContent = headTitle(locus);
      const rows: [string, (HTMLElement | string)[]][] = [
        ['Mask', [maskName(site.mask)]],
        ['Positions', [positionName(site.positional)]],
        ['Query / key heads', [`${site.heads} / ${site.keyHeads}`]],
        ['Score', [`q·k × ${site.scale.toPrecision(3)}`]],
      ];
      const keys = keyTokens(capture, locus.block);
      const received = map?.value.received;
      if (received?.length === keys.length && keys.length > 0) {
        const most = received.reduce(
          (best, value, i) => (value > (received[best] ?? 0) ? i : best),
          0,
        );
        rows.push([
          'Most attended key',
          [tokenSpan(label(keys[most], 14)), ` ${weight2(received[most] ?? 0)}`],
        ]);
      }
      rows.push(['Checked', [checkName(site.check)]]);
      fill(
        facts,
        ...rows.flatMap(([name, value]) => [el('dt', { text: name }), el('dd', {}, ...value)]),
      );
      facts.title = checkTitle(site);
    },
  );
  return el('div', { class: 'section head-card' }, el('div', { class: 'pane-head' }, title), facts);
}

function maskName(mask: MaskKind): string {
  switch (mask.kind) {
    case 'bidirectional':
      return 'none, sees all';
    case 'causal':
      return 'causal';
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
