import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { findChromium, node24Environment, npm, root } from './machine.mjs';

const CHECKS = ['format:check', 'lint', 'typecheck', 'notices:check', 'build'];
/** What runs beside each other: each lane one suite after the other. */
const LANES = [['test:webview'], ['test:unit', 'test:inspector', 'test:e2e']];

const folder = await mkdtemp(path.join(os.tmpdir(), 'attention-tests-'));
const environment = {};

/**
 * Runs one of package.json's scripts with Node 24; true when it ends well.
 * @param isHeld its output is printed when it has ended, so that lanes do not mix theirs
 */
function runScript(name, { isHeld = false, counts = '' } = {}) {
  const child = spawn(npm, ['run', '--silent', name], {
    cwd: root,
    stdio: isHeld ? ['ignore', 'pipe', 'pipe'] : 'inherit',
    env: node24Environment({ ...environment, MOCHA_COUNTS: counts }),
    shell: process.platform === 'win32',
  });
  const output = [];
  if (isHeld)
    for (const stream of [child.stdout, child.stderr]) stream.on('data', part => output.push(part));
  else console.log(`\n— ${name}`);
  return new Promise(resolve => {
    child.once('error', error => {
      console.error(error.message);
      resolve(false);
    });
    child.once('close', status => {
      if (isHeld) process.stdout.write(`\n— ${name}\n${Buffer.concat(output).toString()}`);
      resolve(status === 0);
    });
  });
}

/** What mocha's reporter noted of a suite: passed and failed tests; undefined where it noted nothing. */
async function readCounts(file) {
  const text = await readFile(file, 'utf8').catch(() => '');
  if (text === '') return undefined;
  const [passed = 0, failed = 0] = text.split(' ').map(Number);
  return { passed, failed };
}

/** A suite that fails without a failed test, as when a file does not load, counts as one failure. */
async function runSuite(name) {
  const file = path.join(folder, name.replace(':', '-'));
  const ended = await runScript(name, { isHeld: true, counts: file });
  const { passed, failed } = (await readCounts(file)) ?? { passed: 0, failed: 0 };
  return { passed, failed: ended || failed > 0 ? failed : 1 };
}

async function runLane(suites) {
  const counts = [];
  for (const suite of suites) counts.push(await runSuite(suite));
  return counts;
}

let failed = 0;
try {
  environment.CHROME_PATH = await findChromium();
} catch (error) {
  console.error(error.message);
  failed++;
}
for (const check of CHECKS) {
  if (!(await runScript(check))) failed++;
}
console.log(`\n— ${LANES.map(lane => lane.join(', ')).join(' beside ')}`);
const counts = (await Promise.all(LANES.map(runLane))).flat();
const sum = column => counts.reduce((total, row) => total + row[column], 0);
failed += sum('failed');
await rm(folder, { recursive: true, force: true });
// Mocha's own counts, and one failure for each check that failed.
console.log(`\n${sum('passed')} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
