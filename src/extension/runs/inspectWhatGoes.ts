import type { CaptureSummary } from '../../protocol/capture';
import type { Change } from '../../protocol/change';
import { InspectorError } from '../../protocol/errors';
import type { InspectParams } from '../../protocol/inspector';
import { isOn } from '../../protocol/intervention';
import type { CallOptions } from '../../protocol/rpc';
import type { InspectorClient } from './inspectorClient';

/**
 * Runs a text; interventions that it cannot be run with are switched off, one after the other, so that
 * the others are seen at work. Their rows say why: the effects of each alone are asked for apart.
 * @returns the capture, and what it was made with
 */
export async function inspectWhatGoes(
  client: Pick<InspectorClient, 'call'>,
  params: InspectParams,
  options: CallOptions,
): Promise<{ readonly capture: CaptureSummary; readonly params: InspectParams }> {
  let now = params;
  for (;;) {
    try {
      return { capture: await client.call('inspect', now, options), params: now };
    } catch (error) {
      const changes = withoutRefused(now.changes ?? [], error);
      if (!changes) throw error;
      now = { ...now, changes };
    }
  }
}

/** The changes with the intervention switched off that an error names; undefined where it names none. */
export function withoutRefused(
  changes: readonly Change[],
  error: unknown,
): readonly Change[] | undefined {
  if (!(error instanceof InspectorError) || error.code !== 'inputs-wrong') return undefined;
  const number = Number(/^Intervention (\d+): /.exec(error.message)?.[1]);
  const refused = changes.filter(({ kind }) => kind === 'intervention')[number - 1];
  if (refused?.kind !== 'intervention' || !isOn(refused)) return undefined;
  return changes.map(one => (one === refused ? { ...refused, on: false } : one));
}
