/** Why an expression cannot be used; the message names what in it. */
export class ExpressionError extends Error {}

/** A construct that has no equal in JavaScript. */
export function unsupported(construct: string): ExpressionError {
  return new ExpressionError(`it uses ${construct}, which JavaScript’s expressions lack`);
}

/** An expression that the reference refuses as well. */
export function malformed(problem: string): ExpressionError {
  return new ExpressionError(problem);
}
