import { readersOf } from '../../app/answers';
import { METHODS, wantedFor } from './wanted';

/** Numbers of the runs that the Masking view lays beside each other. */
export const {
  questions: comparisonQuestions,
  value: compared,
  refusal: comparisonError,
} = readersOf(METHODS, wantedFor);
