import type { ProbeLabels } from '../../protocol/probes';
import { wordsOf, type Word } from '../../protocol/words';
import type { Capture } from '../capture/capture';
import { corpusName } from './corpus';
import { featuresOf } from './features';
import { applyProbe, type ProbeAnswers } from './fit/applyProbe';
import type { LinearProbe } from './fit/types';
import type { ProbeFiles } from './probeFiles';
import { statesOf, textStack } from './runSentences';
import { storedProbes } from './storedProbes';

/**
 * The stored probes applied to the words of a run; null where nothing was fitted, or the run was read from a
 * file and has no model. Tasks about two words are left out: their probes answer for a given pair, and a run
 * has none. The words are those of `wordsOf`: “doesn’t” may be split differently than in the treebank.
 */
export async function probeLabels(
  capture: Capture,
  choice: { readonly corpus?: string },
  files: ProbeFiles,
): Promise<ProbeLabels | null> {
  const { model, file, tokens } = capture.summary;
  const stack = textStack(model.stacks);
  if (file !== undefined || !capture.run.hiddenStates[stack]) return null;
  const stored = await storedProbes({ model: model.path, ...choice }, files);
  if (!stored) return null;
  const states = statesOf(capture.run, stack, model.name);
  const read = tokens[stack] ?? [];
  const words = wordsOf(read).filter(({ first }) => !read[first]?.special);
  const tasks = [...stored.probes].flatMap(([task, probes]) => {
    const classes = stored.report.tasks.find(each => each.task === task)?.classes ?? [];
    const answers = probes.map((probe, i) => answersOf(probe, states[i], read.length, words));
    if (answers.length !== states.length || answers.includes(undefined)) return [];
    const labels = answers.map(answer => {
      const row = read.map(() => '');
      words.forEach(({ first }, word) => {
        row[first] = classes[answer?.labels[word] ?? -1] ?? '';
      });
      return row;
    });
    const probabilities = new Float32Array(states.length * read.length).fill(NaN);
    answers.forEach((answer, state) =>
      words.forEach(({ first }, word) => {
        probabilities[state * read.length + first] = answer?.probabilities[word] ?? NaN;
      }),
    );
    return [{ task, labels, probabilities }];
  });
  return { stack, tasks, corpus: corpusName(choice) };
}

/** What a probe says of each word; undefined where it is of vectors of another length. */
function answersOf(
  probe: LinearProbe,
  state: Float32Array | undefined,
  tokens: number,
  words: readonly Word[],
): ProbeAnswers | undefined {
  const width = (state?.length ?? 0) / tokens;
  if (!state || probe.weights.length !== width * probe.bias.length) return undefined;
  const features = featuresOf(
    'one',
    state,
    width,
    words.map(word => [word]),
  );
  return applyProbe(probe, features, words.length, width);
}
