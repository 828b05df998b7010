import { InspectorError } from '../../protocol/errors';

/** How a process ended and what it said last. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: string | null;
  /** Last lines of its standard error. */
  readonly lastWords: string;
}

const OUT_OF_MEMORY =
  /heap out of memory|std::bad_alloc|bad allocation|Failed to allocate memory|ENOMEM/i;

/** Puts the end of the inspector process into one sentence that says what to do. */
export function explainProcessEnd(end: ProcessEnd): InspectorError {
  const how = end.signal ?? `exit code ${end.code ?? 'unknown'}`;
  const detail = [`The inspector process ended: ${how}.`, end.lastWords].filter(Boolean).join('\n');
  if (OUT_OF_MEMORY.test(end.lastWords)) {
    return new InspectorError(
      'out-of-memory',
      'The inspector process ran out of memory. Inspect a shorter text or a smaller model.',
      { detail },
    );
  }
  const why = end.signal === 'SIGKILL' ? ' (the system may be short of memory)' : '';
  return new InspectorError(
    'crashed',
    `The inspector process stopped unexpectedly${why}. Run again, or see the log for the reason.`,
    { detail },
  );
}
