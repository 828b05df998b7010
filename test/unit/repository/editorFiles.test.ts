import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../../../scripts/machine.mjs';

interface Task {
  readonly label: string;
  readonly script: string;
}
interface Launch {
  readonly name: string;
  readonly preLaunchTask?: string;
  readonly program?: string;
}

const read = (file: string) => readFileSync(path.join(root, file), 'utf8');
const parse = (file: string) => JSON.parse(read(file)) as unknown;

describe('the files for editor and workflow', () => {
  const { scripts } = parse('package.json') as { scripts: Readonly<Record<string, string>> };
  const { tasks } = parse('.vscode/tasks.json') as { tasks: readonly Task[] };
  const { configurations } = parse('.vscode/launch.json') as { configurations: readonly Launch[] };

  it('name scripts that exist', () => {
    const workflow = read('.github/workflows/test.yml');
    const run = [...workflow.matchAll(/npm (?:run )?(?!ci)([a-z:]+)/g)].map(match => match[1]);
    assert.ok(run.includes('start') && run.includes('test') && run.includes('package'));
    for (const name of [...tasks.map(task => task.script), ...run])
      assert.ok(name !== undefined && name in scripts, `${name} is no script`);
  });

  it('name tasks and programs that exist', () => {
    const labels = tasks.map(task => task.label);
    for (const { name, preLaunchTask, program } of configurations) {
      if (preLaunchTask !== undefined) assert.ok(labels.includes(preLaunchTask), name);
      // What is in dist is built before the launch.
      if (program === undefined || program.includes('/dist/')) continue;
      assert.ok(existsSync(program.replace('${workspaceFolder}', root)), name);
    }
  });
});
