import { parseArgs, type ParseArgsConfig } from 'node:util';

/** An option that takes a text, and one that is there or not. */
export const string = { type: 'string' } as const;
export const flag = { type: 'boolean', default: false } as const;

/**
 * A command that was understood, what is wrong with it, or that help is wanted. `run` says whether what
 * it looked at fails.
 */
export type Command =
  { readonly run: () => Promise<boolean> } | { readonly wrong: string } | { readonly help: true };

/** What arguments say, or what is wrong with them. */
export function readArguments<const C extends ParseArgsConfig>(
  config: C,
): ReturnType<typeof parseArgs<C>> | { readonly wrong: string } {
  try {
    return parseArgs(config);
  } catch (error) {
    return { wrong: error instanceof Error ? error.message : String(error) };
  }
}
