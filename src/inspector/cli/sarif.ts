import { isAbsolute, relative, sep } from 'node:path';
import { pathToFileURL } from 'node:url';

/** What can be reported, by its code. */
export interface SarifRule {
  readonly id: string;
  /** What is measured, and the usual cause. */
  readonly description: string;
  /** What to do. */
  readonly help: string;
}

/** One thing that is reported. */
export interface SarifResult {
  readonly rule: SarifRule;
  readonly level: 'error' | 'warning' | 'note';
  readonly message: string;
  /** Absolute path of the file that it is about. */
  readonly file: string;
  /** A node of the graph, or a place in the model. */
  readonly inside?: string;
  /** What tells it from others in the next run, whatever its sentence. */
  readonly fingerprint: string;
}

const SCHEMA =
  'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json';

/**
 * A log of SARIF 2.1.0, as code scanning reads it. Paths below the folder are told from there on; files of models
 * have no lines, so that everything is at the first.
 */
export function sarifLog(results: readonly SarifResult[], folder = startFolder()): object {
  const rules = [...new Map(results.map(({ rule }) => [rule.id, rule])).values()];
  return {
    $schema: SCHEMA,
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'Attention Debugger',
            rules: rules.map(({ id, description, help }) => ({
              id,
              shortDescription: { text: id },
              fullDescription: { text: description },
              help: { text: help },
            })),
          },
        },
        columnKind: 'utf16CodeUnits',
        results: results.map(result => ({
          ruleId: result.rule.id,
          ruleIndex: rules.findIndex(({ id }) => id === result.rule.id),
          level: result.level,
          message: { text: result.message },
          locations: [
            {
              physicalLocation: {
                artifactLocation: { uri: uriOf(result.file, folder) },
                region: { startLine: 1 },
              },
              ...(result.inside === undefined
                ? {}
                : { logicalLocations: [{ fullyQualifiedName: result.inside }] }),
            },
          ],
          partialFingerprints: { 'attentionDebugger/v1': result.fingerprint },
        })),
      },
    ],
  };
}

/** Where the command was given, which npm tells of where it runs elsewhere. */
function startFolder(): string {
  return process.env['INIT_CWD'] ?? process.cwd();
}

/** A path below the folder from there on, any other as `file://`. */
function uriOf(file: string, folder: string): string {
  const inside = relative(folder, file);
  if (inside === '' || inside.startsWith('..') || isAbsolute(inside))
    return pathToFileURL(file).href;
  return inside.split(sep).map(encodeURIComponent).join('/');
}
