/** What went wrong, as a fixed set: the interface chooses its remedy by this code. */
export type ErrorCode =
  | 'text-empty'
  | 'text-too-long'
  | 'model-unknown'
  | 'model-missing'
  | 'model-broken'
  | 'model-unsupported'
  | 'tokenizer-missing'
  | 'tokenizer-broken'
  | 'vocabulary-mismatch'
  | 'inputs-wrong'
  /** The text cannot be read as messages, or the chat template does not render them. */
  | 'chat-refused'
  /** The capture is lost: running the text again brings it back. */
  | 'capture-missing'
  /** The model or the file does not give what was asked for: running again changes nothing. */
  | 'not-captured'
  | 'capture-broken'
  | 'out-of-memory'
  | 'crashed'
  | 'cancelled'
  /** Something could not be fetched from a model hub. */
  | 'download-failed'
  | 'internal';

/** An error as it crosses a channel and as people read it. */
export interface ErrorReport {
  readonly code: ErrorCode;
  /** One sentence or two: what, where, what to do. */
  readonly message: string;
  /** For the log only: stack, runtime message. */
  readonly detail?: string;
}

/** The one error type that is thrown on purpose; its message is shown to people as it is. */
export class InspectorError extends Error {
  readonly code: ErrorCode;
  readonly detail: string | undefined;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown; detail?: string }) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'InspectorError';
    this.code = code;
    this.detail = options?.detail;
  }
}

/** Turns anything thrown into a report; errors that nobody foresaw get the code `internal`. */
export function toErrorReport(thrown: unknown): ErrorReport {
  if (thrown instanceof InspectorError) {
    const cause = thrown.cause instanceof Error ? (thrown.cause.stack ?? thrown.cause.message) : '';
    const detail = [thrown.detail, cause].filter(Boolean).join('\n');
    return { code: thrown.code, message: thrown.message, ...(detail ? { detail } : {}) };
  }
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  return {
    code: 'internal',
    message: `Something went wrong inside Attention Debugger: ${error.message}. See the log.`,
    detail: error.stack ?? error.message,
  };
}
