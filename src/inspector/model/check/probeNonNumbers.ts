import type { ModelCard } from '../../../protocol/model';
import type { LoadedGraph } from '../graph/loadGraph';
import type { ProbeRuns } from '../probe/probeRuns';
import { firstNonNumbers, nonNumbersNote, stackTensors } from '../tensors/nonNumbers';

/** Says where a made-up text first leads to numbers that are none; nothing where it does not. */
export function probeNonNumbers(
  { streams: { streams }, sites }: LoadedGraph,
  { plain }: ProbeRuns,
  precision: ModelCard['precision'],
): string[] {
  for (const run of plain) {
    const tensors = streams.flatMap((stream, i) => {
      const states = run.streams[i];
      const numbers = {
        named: 'layer',
        layers: stream.beforeLayers.length,
        stateOf: (layer: number) => states?.beforeLayers[layer],
        attentionOf: (layer: number) =>
          stream.sites
            .filter(site => stream.layerOf.get(site) === layer)
            .map(site => ({
              isCross: site.isCross,
              numbers: run.sites[sites.indexOf(site)] ?? {},
            })),
        last: { place: 'the last hidden state', tensor: states?.residual },
      };
      return [...stackTensors(numbers)];
    });
    const output = run.output ? [{ place: 'the logits', tensor: run.output }] : [];
    const found = firstNonNumbers([...tensors, ...output]);
    if (found) return [nonNumbersNote(found, precision, 'a made-up text')];
  }
  return [];
}
