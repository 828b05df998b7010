/** Numbers of the capture and where they were taken; `at` tells whether they are the locus's own. */
export interface Slice<T> {
  readonly at: string;
  readonly value: T;
}
