import type { ErrorReport } from '../../protocol/errors';
import type { ReadName } from '../../protocol/methods';
import type { PanelApi } from '../../protocol/panel';
import type { Params, Result } from '../../protocol/rpc';

/** Methods that read numbers: the same question has the same answer. */
export type ReadMethod = ReadName | 'probes' | 'probeLabels' | 'syntax' | 'trace';

/** What is asked of the host; made by `question`, which checks the parameters. */
export interface Question<M extends ReadMethod = ReadMethod> {
  readonly method: M;
  readonly params: object;
  /** What else the answer depends on, where the parameters do not say it. */
  readonly of?: string;
}

export const question = <M extends ReadMethod>(
  method: M,
  params: Params<PanelApi, M> & object,
): Question<M> => ({ method, params });

/** What is to be known, by names of the asker's own. */
export type Questions = Readonly<Record<string, Question | undefined>>;

/** An answer, why there is none, or why there is no newer one. */
export interface Answer {
  readonly value?: unknown;
  readonly error?: ErrorReport;
}

/** What is known, by question; another object whenever something is learnt or forgotten. */
export interface Answers {
  readonly known: ReadonlyMap<string, Answer>;
}

export interface HasAnswers {
  readonly answers: Answers;
}

export const NO_ANSWERS: Answers = { known: new Map() };

const addresses = new WeakMap<Question, string>();

/** One string for one question. */
export function addressOf(question: Question): string {
  const known = addresses.get(question);
  if (known !== undefined) return known;
  const { method, params, of = '' } = question;
  const at = `${method} ${of}${JSON.stringify(params)}`;
  addresses.set(question, at);
  return at;
}

/** The same state with a question answered. */
export const answered = <S extends HasAnswers>(
  state: S,
  question: Question,
  value: unknown,
): S => ({
  ...state,
  answers: { known: new Map([...state.answers.known, [addressOf(question), { value }]]) },
});

/** The answer to a question; undefined while there is none. */
export function answerTo<M extends ReadMethod>(
  { answers }: HasAnswers,
  question: Question<M> | undefined,
): Result<PanelApi, M> | undefined {
  const answer = question && answers.known.get(addressOf(question));
  return answer && 'value' in answer ? (answer.value as Result<PanelApi, M>) : undefined;
}

/** Why a question has no answer, or no newer one; null where it has one, or may yet. */
export const refusalOf = (
  { answers }: HasAnswers,
  question: Question | undefined,
): ErrorReport | null => (question && answers.known.get(addressOf(question))?.error) ?? null;

/** The latest result of `work`, for those who ask of the same state again. */
export function perState<S extends object, T>(work: (state: S) => T): (state: S) => T {
  let latest: { readonly state: S; readonly value: T } | undefined;
  return state => {
    if (latest?.state !== state) latest = { state, value: work(state) };
    return latest.value;
  };
}

/** The latest result of `work`, as long as the parts of the state that it is made of stay. */
export function perParts<S extends object, P extends readonly unknown[], T>(
  parts: (state: S) => readonly [...P],
  work: (...parts: P) => T,
): (state: S) => T {
  let latest: { readonly of: readonly [...P]; readonly value: T } | undefined;
  return state => {
    const of = parts(state);
    if (!latest?.of.every((part, i) => Object.is(part, of[i]))) {
      latest = { of, value: work(...of) };
    }
    return latest.value;
  };
}

/** Reads what a view wants to know by the view's own names, each of which stands for a method. */
export function readersOf<S extends HasAnswers, W extends Readonly<Record<string, ReadMethod>>>(
  methods: W,
  wantedFor: (state: S) => { readonly [N in keyof W]?: Params<PanelApi, W[N]> },
) {
  const asked = <N extends keyof W>(state: S, name: N): Question<W[N]> | undefined => {
    const params = wantedFor(state)[name] as object | undefined;
    return params && { method: methods[name], params };
  };
  const answer = <N extends keyof W>(state: S, name: N): Result<PanelApi, W[N]> | undefined =>
    answerTo(state, asked(state, name));
  const fault = (state: S, name: keyof W): ErrorReport | null =>
    refusalOf(state, asked(state, name));
  return {
    /** Everything that is wanted for this state. */
    questions: (state: S): Questions =>
      Object.fromEntries(Object.keys(methods).map(name => [name, asked(state, name)])),
    /** What was read under a name, if it is of what the state shows; undefined while it is not there. */
    answer,
    /** The same; null while it is not there. */
    value: <N extends keyof W>(state: S, name: N): Result<PanelApi, W[N]> | null =>
      answer(state, name) ?? null,
    /** Why nothing can be read under a name; null where something can, or may yet. */
    fault,
    /** The same in words. */
    refusal: (state: S, name: keyof W): string | null => fault(state, name)?.message ?? null,
  };
}

/** Numbers of the capture and where they were taken; `at` tells whether they are the locus's own. */
export interface Slice<T> {
  readonly at: string;
  readonly value: T;
}
