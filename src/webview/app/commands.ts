import type { HostCommand } from '../../protocol/commands';

/** What keys and menus ask for and one part of the panel carries out. */
export type CommandName =
  | HostCommand
  | 'filter'
  | 'filterFindings'
  | 'nextFinding'
  | 'previousFinding'
  | 'modelCard'
  | 'editOther'
  | 'keepPatch'
  | 'largestPatch'
  | 'nextPatchMap'
  | 'previousPatchMap'
  | 'stopPatching'
  | 'firstPlace'
  | 'divergeByToken'
  | 'stopDivergence';

/** Brings those who ask together with those who answer; a command that nobody answers does nothing. */
export class Commands {
  private readonly answers = new Map<CommandName, () => void>();

  /** Makes `act` the answer to a command from now on. */
  answer(name: CommandName, act: () => void): void {
    this.answers.set(name, act);
  }

  run(name: CommandName): void {
    this.answers.get(name)?.();
  }
}
