import type { ModelCard } from '../../protocol/model';
import type { LoadedGraph } from './loadGraph';
import { attentionTensors, firstNonNumbers, nonNumbersNote, type PlacedTensor } from './nonNumbers';
import type { ProbeRuns } from './probeRuns';

/** Says where a made-up text first leads to numbers that are none; nothing where it does not. */
export function probeNonNumbers(
  { streams: { streams }, sites }: LoadedGraph,
  { plain }: ProbeRuns,
  precision: ModelCard['precision'],
): string[] {
  for (const run of plain) {
    const tensors = streams.flatMap((stream, i): PlacedTensor[] => {
      const states = run.streams[i];
      const ofLayers = stream.beforeLayers.flatMap((_, layer) => {
        const state = states?.beforeLayers[layer];
        const before = state ? [{ place: `layer ${layer}, hidden state`, tensor: state }] : [];
        const own = stream.sites.filter(site => stream.layerOf.get(site) === layer);
        const attention = own.flatMap(site => {
          const numbers = run.sites[sites.indexOf(site)] ?? {};
          const label = `layer ${layer}${site.isCross ? ' cross-attention' : ''}`;
          return attentionTensors(label, numbers);
        });
        return [...before, ...attention];
      });
      const { residual } = states ?? {};
      return [
        ...ofLayers,
        ...(residual ? [{ place: 'the last hidden state', tensor: residual }] : []),
      ];
    });
    const output = run.output ? [{ place: 'the logits', tensor: run.output }] : [];
    const found = firstNonNumbers([...tensors, ...output]);
    if (found) return [nonNumbersNote(found, precision, 'a made-up text')];
  }
  return [];
}
