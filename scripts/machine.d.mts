export const root: string;
export const node24: string;
export function node24Environment(extra?: Record<string, string>): Record<string, string>;
export function findCommand(command: string): string | undefined;
export function findChromium(): Promise<string>;
export function run(
  command: string,
  args: readonly string[],
  options?: { quiet?: boolean; cwd?: string; env?: Record<string, string> },
): Promise<string>;
