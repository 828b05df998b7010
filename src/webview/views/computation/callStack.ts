import { layerCount } from '../../../protocol/model';
import { blockName, siteAt, sitesOf } from '../../reading/capture';
import { pausedIn } from './facts';
import { STAGES } from '../../app/choices/step';
import { el, fill } from '../../kit/dom';
import { counted } from '../../reading/format';
import type { Panel } from '../../app/panel';
import { label } from '../../reading/tokenText';

interface Frame {
  readonly name: string;
  readonly detail: string;
  /** What choosing the frame does. */
  readonly title: string;
  readonly go: () => void;
}

/** Where the computation is, innermost first; choosing a frame goes there. */
export function drawCallStack(place: HTMLElement, { store, actions }: Panel): void {
  const { state } = store;
  const paused = pausedIn(state);
  if (!paused) return;
  const { value, capture, locus, keys, step, key } = paused;
  const { into, stage } = step;
  const site = siteAt(capture, locus.block, locus.layer);
  const token = label(keys[key], 14);
  const inside: Frame[] = into
    ? [
        {
          name:
            into.kind === 'product'
              ? `q · k, dimension ${into.dimension}`
              : `Σ α v, dimension ${into.dimension}`,
          detail: into.kind === 'product' ? token : counted(value.weights.length, 'key'),
          title: 'Paused here',
          go: () => undefined,
        },
      ]
    : [];
  const frames: Frame[] = [
    ...inside,
    {
      name: STAGES[stage - 1] ?? '',
      detail: `head ${locus.head}`,
      title: `Show head ${locus.head} of layer ${locus.layer}`,
      go: () => {
        actions.pauseAt({ stage, into: null });
        actions.setAggregate('head');
      },
    },
    {
      name: `Multi-head attention`,
      detail: `layer ${locus.layer}`,
      title: `Show the mean of ${counted(site?.heads ?? 0, 'head')} of layer ${locus.layer} in Attention`,
      go: () => {
        actions.setAggregate('mean');
        actions.setOption({ view: 'attention' });
      },
    },
    {
      name: `${blockName(locus.block)} forward`,
      detail: counted(layerCount(capture.model, locus.block.stack), 'layer'),
      title: 'Go to the first layer',
      go: () => actions.setHead(sitesOf(capture, locus.block)[0]?.layer ?? 0, locus.head),
    },
  ];
  const list = el('ol.call-stack');
  frames.forEach((frame, i) => {
    list.append(
      el(
        'li',
        el(
          'button',
          {
            class: i === 0 ? 'frame is-now' : 'frame',
            title: frame.title,
            ...(i === 0 ? { 'aria-current': 'step' } : {}),
            on: { click: frame.go },
          },
          el('span', frame.name),
          el('span.dim', frame.detail),
        ),
      ),
    );
  });
  fill(place, list);
}
