import { InspectorError } from '../../../protocol/errors';

/** Says in an error which intervention of a list is meant; they count from 1, as people count them. */
export function numbered<T>(index: number, make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw named(index, error);
  }
}

/** The same for what takes a while. */
export async function numberedAsync<T>(index: number, make: () => Promise<T>): Promise<T> {
  try {
    return await make();
  } catch (error) {
    throw named(index, error);
  }
}

/** What such an error says of an intervention that is the only one. */
export const withoutNumber = (message: string): string =>
  message.replace(/^Intervention \d+: /, '');

function named(index: number, error: unknown): unknown {
  if (!(error instanceof InspectorError) || error.code !== 'inputs-wrong') return error;
  const { message, cause } = error;
  return new InspectorError(error.code, `Intervention ${index + 1}: ${message}`, { cause });
}
