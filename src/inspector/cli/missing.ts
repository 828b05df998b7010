import { InspectorError, type ErrorCode } from '../../protocol/errors';

/** Why something is not in a report. */
export interface Missing {
  readonly missing: string;
}

/** What is made for a report, or why a run does not give it. @param codes of errors that tell so */
export async function orMissing<T>(
  make: () => Promise<T>,
  codes: readonly ErrorCode[] = ['not-captured'],
): Promise<T | Missing> {
  try {
    return await make();
  } catch (error) {
    if (error instanceof InspectorError && codes.includes(error.code)) {
      return { missing: error.message };
    }
    throw error;
  }
}
