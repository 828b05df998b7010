/** What keys and menus ask for and one part of the panel carries out. */
export const COMMANDS = [
  'stepOver',
  'stepInto',
  'stepOut',
  'stepBack',
  'runAll',
  'restart',
  'compare',
  'export',
  'filter',
  'help',
] as const;
export type CommandName = (typeof COMMANDS)[number];

/** Brings those who ask together with those who answer; a command that nobody answers does nothing. */
export class Commands {
  private readonly answers = new Map<string, () => void>();

  /** Makes `act` the answer to a command from now on. */
  answer(name: CommandName, act: () => void): void {
    this.answers.set(name, act);
  }

  /** Carries out a command by its name. */
  run(name: string): void {
    this.answers.get(name)?.();
  }
}
