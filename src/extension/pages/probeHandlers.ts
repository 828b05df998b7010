import { InspectorError } from '../../protocol/errors';
import type { PanelApi } from '../../protocol/panel';
import type { ProbeChoice } from '../../protocol/probes';
import type { Handlers } from '../../protocol/rpc';
import type { Corpora } from './corpora';
import type { Inspection } from '../runs/inspection';
import type { InspectorClient } from '../runs/inspectorClient';
import type { LongWork } from '../runs/longWork';
import { shownCapture } from '../runs/shownCapture';
import type { SideRuns } from '../runs/sideRuns';

type ProbeMethod = 'probes' | 'fitProbes' | 'probeLabels' | 'syntax' | 'chooseCorpus';

/** Answers what a page asks about probes: of the model of its run, with one of two corpora. */
export function probeHandlers({
  client,
  inspection,
  sides,
  corpora,
  work,
}: ProbeActions): Pick<Handlers<PanelApi>, ProbeMethod> {
  const choice = ({ capture, corpus }: Wish): ProbeChoice => {
    const { model, file } = shownCapture(capture, inspection);
    if (file === undefined) return { model: model.path, ...corpora.pathOf(corpus) };
    throw new InspectorError(
      'inputs-wrong',
      'This run was read from a capture file, so there is no model to probe. Inspect a text.',
    );
  };
  return {
    probes: wish => client.call('probes', choice(wish)),
    fitProbes: (wish, onProgress, signal) =>
      work.run(signal, ending =>
        client.call('fitProbes', choice(wish), { onProgress, signal: ending }),
      ),
    probeLabels: ({ capture, corpus }) =>
      sides.read('probeLabels', { capture, ...corpora.pathOf(corpus) }),
    syntax: (wish, onProgress, signal) =>
      work.run(signal, ending =>
        client.call('syntax', choice(wish), { onProgress, signal: ending }),
      ),
    chooseCorpus: () => corpora.choose(),
  };
}

/** What the handlers need. */
export interface ProbeActions {
  readonly client: Pick<InspectorClient, 'call'>;
  readonly inspection: Pick<Inspection, 'capture'>;
  readonly sides: Pick<SideRuns, 'read'>;
  readonly corpora: Pick<Corpora, 'pathOf' | 'choose'>;
  readonly work: Pick<LongWork, 'run'>;
}

interface Wish {
  readonly capture: string;
  readonly corpus: 'bundled' | 'chosen';
}
