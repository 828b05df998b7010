/** Commands that VS Code has keys or menu entries for and the panel's page carries out. */
export const HOST_COMMANDS = [
  'stepOver',
  'stepInto',
  'stepOut',
  'stepBack',
  'runAll',
  'restart',
  'goToSource',
  'compare',
  'intervene',
  'export',
  'help',
] as const;
export type HostCommand = (typeof HOST_COMMANDS)[number];
