import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { findChromium, node24Environment, npm, root } from './machine.mjs';

const CHECKS = ['format:check', 'lint', 'typecheck', 'notices:check', 'build'];
const SUITES = ['test:unit', 'test:inspector', 'test:webview', 'test:e2e'];

const folder = await mkdtemp(path.join(os.tmpdir(), 'attention-tests-'));
const countsFile = path.join(folder, 'counts');
const environment = { MOCHA_COUNTS: countsFile };

/** Runs one of package.json's scripts with Node 24; true when it ends well. */
function runScript(name) {
  console.log(`\n— ${name}`);
  const { status } = spawnSync(npm, ['run', '--silent', name], {
    cwd: root,
    stdio: 'inherit',
    env: node24Environment(environment),
    shell: process.platform === 'win32',
  });
  return status === 0;
}

/** Adds up what mocha's reporter noted: passed and failed tests, one line a suite. */
async function readCounts() {
  const text = await readFile(countsFile, 'utf8').catch(() => '');
  const lines = text.split('\n').filter(Boolean);
  const rows = lines.map(line => line.split(' ').map(Number));
  const sum = column => rows.reduce((total, row) => total + row[column], 0);
  return { suites: rows.length, passed: sum(0), failed: sum(1) };
}

/** A suite that fails without a failed test, as when a file does not load, counts as one failure. */
async function runSuite(name) {
  const before = await readCounts();
  const ended = runScript(name);
  const after = await readCounts();
  const counted = after.suites > before.suites;
  if (!counted || (!ended && after.failed === before.failed)) return 1;
  return 0;
}

let failed = 0;
try {
  environment.CHROME_PATH = await findChromium();
} catch (error) {
  console.error(error.message);
  failed++;
}
for (const check of CHECKS) {
  if (!runScript(check)) failed++;
}
for (const suite of SUITES) failed += await runSuite(suite);
const counts = await readCounts();
failed += counts.failed;
await rm(folder, { recursive: true, force: true });
// Mocha's own counts, and one failure for each check that failed.
console.log(`\n${counts.passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
