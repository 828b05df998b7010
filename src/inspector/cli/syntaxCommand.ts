import { resolve } from 'node:path';
import type { SyntaxRelation, SyntaxReport } from '../../protocol/probes';
import { syntax } from '../probing/syntax';
import { corpusWork } from './corpusWork';
import { percent, table } from './textTable';

export interface SyntaxOptions {
  readonly conllu: string | undefined;
  readonly json: boolean;
}

/** Prints how well each attention head follows the dependencies of a corpus. */
export async function syntaxCommand(model: string, { conllu, json }: SyntaxOptions): Promise<void> {
  const choice = {
    model: resolve(model),
    ...(conllu === undefined ? {} : { corpus: resolve(conllu) }),
  };
  const report = await syntax(choice, corpusWork());
  process.stdout.write(json ? `${JSON.stringify(plainReport(report), null, 2)}\n` : textOf(report));
}

/** The report with accuracies as rows, `[layers][heads]`; null where attention cannot be shown. */
function plainReport(report: SyntaxReport) {
  const rows = (values: Float32Array) =>
    Array.from({ length: report.layers }, (_, layer) =>
      Array.from(values.subarray(layer * report.heads, (layer + 1) * report.heads), value =>
        Number.isNaN(value) ? null : value,
      ),
    );
  const relations = report.relations.map(relation => ({
    ...relation,
    toHead: rows(relation.toHead),
    toDependent: rows(relation.toDependent),
  }));
  return { ...report, relations };
}

/** The best head of each relation, beside the best fixed offset. */
function textOf(report: SyntaxReport): string {
  const nameOf = (cell: number) => `L${Math.floor(cell / report.heads)}H${cell % report.heads}`;
  const best = (values: Float32Array) => {
    const accuracy = Math.max(...values.filter(value => !Number.isNaN(value)));
    return [nameOf(values.indexOf(accuracy)), percent(accuracy)];
  };
  const rowOf = ({ relation, count, toHead, toDependent, offset, baseline }: SyntaxRelation) => [
    relation,
    String(count),
    ...best(toHead),
    ...best(toDependent),
    String(offset),
    percent(baseline),
  ];
  return [
    `${report.model} (${report.stack}) on ${report.corpus}: ${report.sentences.toLocaleString('en')} sentences`,
    ...table([HEADS, ...report.relations.map(rowOf)]),
    ...report.notes,
    '',
  ].join('\n');
}

const HEADS = ['relation', 'count', 'to head', '%', 'to dependent', '%', 'offset', 'baseline %'];
