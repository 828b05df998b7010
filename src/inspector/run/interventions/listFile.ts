import { readFile } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import * as v from 'valibot';
import { InspectorError } from '../../../protocol/errors';
import {
  listSchema,
  type Intervention,
  type ListedIntervention,
} from '../../../protocol/intervention';
import { parseBounded, type Fail } from '../../files/boundedJson';

/** A list has at most 1,024 interventions, and the longest names some thousands of numbers. */
const BOUNDS = { depth: 16, values: 4e6 };

/**
 * Reads a file of interventions. Paths in it are relative to it.
 * @throws InspectorError `inputs-wrong` with the entry that is wrong
 */
export async function readInterventions(path: string): Promise<readonly Intervention[]> {
  const fail: Fail = reason => {
    throw new InspectorError(
      'inputs-wrong',
      `${basename(path)} is no list of interventions: ${reason}.`,
    );
  };
  const text = await readFile(path, 'utf8').catch((error: unknown) =>
    fail(error instanceof Error ? error.message : String(error)),
  );
  const parsed = v.safeParse(
    listSchema,
    parseBounded(text.replace(/^\ufeff/, ''), BOUNDS, 'it', fail),
  );
  if (!parsed.success) {
    const [issue] = parsed.issues;
    const [entry, ...rest] = (v.getDotPath(issue) ?? '').split('.');
    const where = /^\d+$/.test(entry ?? '') ? `entry ${Number(entry) + 1}` : 'it is a JSON array';
    return fail([where, rest.join('.'), issue.message].filter(Boolean).join(': '));
  }
  const folder = dirname(resolve(path));
  return parsed.output.map(one => ({ kind: 'intervention', ...one, how: placed(one.how, folder) }));
}

function placed(how: ListedIntervention['how'], folder: string): Intervention['how'] {
  if ('add' in how && 'file' in how.add) {
    return { ...how, add: { ...how.add, file: resolve(folder, how.add.file) } };
  }
  if ('from' in how && 'capture' in how.from) {
    return { from: { ...how.from, capture: resolve(folder, how.from.capture) } };
  }
  return how;
}
