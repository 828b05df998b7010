import { InspectorError } from '../protocol/errors';

/** Something about a download that people can read: what, where, what to do. */
export function downloadFailure(message: string, cause?: unknown): InspectorError {
  return new InspectorError('download-failed', message, { cause });
}

/** The connection was lost, or brought nothing for too long: what is missing can be asked for again. */
export class BrokenConnection extends InspectorError {
  constructor(message: string, cause?: unknown) {
    super('download-failed', message, { cause });
  }
}

/** What an answer that is no success says about a model. */
export interface Refusal {
  readonly status: number;
  /** `x-error-code` of the Hub. */
  readonly code: string | null;
  /** `retry-after`, as it was sent. */
  readonly retryAfter: string | null;
  /** It is the Hub's own, not that of a host to which the Hub led. */
  readonly isOwn: boolean;
}

/** Where something was asked for. */
export interface Asked {
  /** Host that was asked first. */
  readonly host: string;
  /** Name of the model. */
  readonly name: string;
  /** A token went with it. */
  readonly hasToken: boolean;
  /** Page of the model. */
  readonly page: string;
}

/** Why a host did not give what it was asked for. None of its own words is shown: they may be anything. */
export function refusal(answer: Refusal, asked: Asked): InspectorError {
  const { status, code, retryAfter, isOwn } = answer;
  const { host, name, hasToken, page } = asked;
  if (isOwn && (status === 401 || status === 403)) {
    if (code === 'GatedRepo') {
      return downloadFailure(
        hasToken
          ? `${name} is gated, and your account has no access to it yet: accept its terms on ${page}, then try again.`
          : `${name} is gated: accept its terms on ${page}, then set HF_TOKEN or log in with “hf auth login”, and try again.`,
      );
    }
    return downloadFailure(
      hasToken
        ? `${host} gives no access to ${name} with your token: there is no such model, or it is private to others; check the name on ${page}.`
        : `${host} knows no public model ${name}: check the name on ${page}; if it is private, set HF_TOKEN or log in with “hf auth login”.`,
    );
  }
  if (isOwn && status === 404) return downloadFailure(missing(code, asked));
  if (status === 429) {
    const seconds = /^\d{1,5}$/.test(retryAfter ?? '') ? Number(retryAfter) : undefined;
    const wait = seconds === undefined ? 'in some minutes' : `in ${seconds} seconds`;
    return downloadFailure(
      `${host} was asked too often from here: try again ${wait}; what was fetched is kept.`,
    );
  }
  if (status >= 500) {
    return downloadFailure(
      `${host} has a fault of its own (error ${status}): try again later; what was fetched is kept.`,
    );
  }
  return downloadFailure(
    `${host} refused to give ${name} (error ${status}): look at ${page} in a browser.`,
  );
}

function missing(code: string | null, { host, name, page }: Asked): string {
  if (code === 'RevisionNotFound') {
    return `${name} has no such branch, tag or commit on ${host}: choose another one on ${page}.`;
  }
  if (code === 'EntryNotFound') {
    return `A file of ${name} is no longer on ${host}: begin the download anew.`;
  }
  return `There is no model ${name} on ${host}: check the name.`;
}

/** Nobody answered, or the connection ended before its time. */
export function broken(host: string, thrown: unknown): InspectorError {
  const code = networkCode(thrown);
  const what = code === undefined ? '' : ` (${code})`;
  return new BrokenConnection(
    `The connection to ${host} failed${what}: check the network and the proxy, then try again; what was fetched is kept.`,
    thrown,
  );
}

/** `ENOTFOUND`, `ECONNRESET` and their like, of an error or of its causes. */
function networkCode(thrown: unknown): string | undefined {
  for (let error = thrown, depth = 0; error instanceof Error && depth < 5; depth++) {
    if ('code' in error && typeof error.code === 'string' && /^[A-Z_]+$/.test(error.code)) {
      return error.code;
    }
    error = error.cause;
  }
  return undefined;
}
