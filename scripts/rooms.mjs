/**
 * The rooms of each house, floor by floor from the ground up; `npm run house:check` reads them.
 * A file imports from its own room and from lower floors, never from above and never from another
 * room of its floor. A room is a folder with all below it that is no room itself, a file, `name/*`
 * for every folder in `name`, or `.` for the loose files.
 */
export const houses = {
  src: ['protocol', 'hub', ['extension', 'inspector', 'webview']],
  'src/webview': [
    ['reading', 'kit', 'tiles', 'styles'],
    'draw',
    'app',
    'shell',
    'interventions',
    // No view knows another.
    ['views/*'],
    '.',
  ],
  'src/extension': ['settings.ts', 'models', 'subject', 'runs', 'editor', 'findings', 'pages', '.'],
  'src/inspector': [
    'runtime',
    'files',
    'onnx',
    'weights',
    'source',
    'tokenizer',
    'families',
    'library',
    'huggingface',
    'chat',
    'model',
    'store',
    'attention',
    'captureFile',
    'capture',
    'run',
    ['layers', 'positions', 'probing'],
    ['patching', 'breakpoints'],
    'divergence',
    'findings',
    '.',
    'cli',
    'cli.ts',
  ],
  'src/inspector/onnx': ['file', 'graph', 'find', 'stream', 'rewrite'],
  'src/inspector/families': ['graph', '.'],
  'src/inspector/model': [
    'run.ts',
    'tensors',
    'inputs',
    'changes',
    'graph',
    'probe',
    'check',
    'part.ts',
    ['positions', 'head'],
    'pieces',
    '.',
  ],
};
