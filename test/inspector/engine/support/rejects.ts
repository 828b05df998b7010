import assert from 'node:assert/strict';
import { InspectorError, type ErrorCode } from '../../../../src/protocol/errors';

/** Asserts that something ends in an error of a code whose sentence is like that. */
export async function rejects(
  promise: Promise<unknown>,
  code: ErrorCode,
  message: RegExp,
): Promise<void> {
  await assert.rejects(promise, (error: unknown) => {
    assert.ok(error instanceof InspectorError, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, message);
    return true;
  });
}
