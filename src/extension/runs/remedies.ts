import type { ErrorCode } from '../../protocol/errors';
import type { RemedyId } from '../../protocol/panel';

const REMEDIES: Record<ErrorCode, readonly RemedyId[]> = {
  'text-empty': ['inspectLine', 'openSample'],
  'text-too-long': ['inspectLine'],
  'model-unknown': ['chooseModel', 'openSettings'],
  'model-missing': ['chooseModel', 'openSettings'],
  'model-broken': ['chooseModel', 'howToExport', 'showLog'],
  'model-unsupported': ['chooseModel', 'howToExport', 'showLog'],
  'tokenizer-missing': ['chooseTokenizer', 'chooseModel', 'howToExport'],
  'tokenizer-broken': ['chooseTokenizer', 'chooseModel', 'showLog'],
  'vocabulary-mismatch': ['chooseTokenizer', 'chooseModel', 'showLog'],
  'inputs-wrong': ['chooseModel', 'showLog'],
  'chat-refused': ['inspectAsText', 'chooseModel', 'showLog'],
  'capture-missing': ['runAgain'],
  'not-captured': ['chooseModel'],
  'capture-broken': ['openCapture', 'showLog'],
  'out-of-memory': ['runAgain', 'openSettings', 'showLog'],
  crashed: ['runAgain', 'showLog'],
  cancelled: ['runAgain'],
  'download-failed': ['chooseModel', 'showLog'],
  internal: ['runAgain', 'showLog'],
};

/** What a failed run of a text offers, the likeliest first. */
export function remediesFor(code: ErrorCode): readonly RemedyId[] {
  return REMEDIES[code];
}

/** What is offered where a capture file could not be shown. */
export const FILE_REMEDIES: readonly RemedyId[] = ['openCapture', 'showLog'];
